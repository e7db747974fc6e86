"""What each view adds to attribute prediction: accuracy and balanced accuracy, step by step."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from pipeline.figures import style

GAIN, LOSS = style.COLOURS[0], style.COLOURS[1]


def view_gains(path: str | Path, gains: pd.DataFrame, label: str) -> None:
    """Write two panels, accuracy and balanced accuracy in %, with one dot per step from the top down.

    A bar joins each dot with the step that it adds to: blue for a gain, vermilion for a loss. The value and the gain in
    percentage points stand at the right. The grey vertical line is the majority class.

    Args:
        path: of the PNG file.
        gains: the table of `evaluation.view_gains.score_view_gains`, with "" where a step adds to no other.
        label: of the variant whose views come first, "VAE-123".
    """
    row_of = {step: number for number, step in enumerate(gains["step"])}
    positions = -np.arange(len(gains))
    with style.plot(path, height=150 + 34 * len(gains)) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        baselines = {"accuracy": 100 * gains["majority"].iloc[0], "balanced_accuracy": 50.0}
        for axes, (measure, baseline) in zip(panels, baselines.items(), strict=True):
            percent = 100 * gains[measure].to_numpy()
            axes.axvline(baseline, color=style.BASELINE, linewidth=1.6)
            for y, value, over in zip(positions, percent, gains["over"], strict=True):
                gain = value - percent[row_of[over]] if over else 0.0
                colour = LOSS if gain < 0 else GAIN
                if over:
                    axes.plot([value - gain, value], [y, y], color=colour, linewidth=5, alpha=0.35,
                              solid_capstyle="butt")
                    axes.annotate(f"{gain:+.2f}".replace("-", "−"), (1, y), (92, 0), ("axes fraction", "data"),
                                  "offset points", ha="right", va="center", color=colour, weight="bold")
                axes.plot(value, y, "o", color=colour, markersize=7)
                axes.annotate(f"{value:.2f}", (1, y), (46, 0), ("axes fraction", "data"), "offset points", ha="right",
                              va="center")
            axes.set_xlabel(f"{measure.replace('_', ' ')} in %")
            axes.margins(x=0.06)
            axes.grid(axis="y", visible=False)
            axes.tick_params(axis="y", length=0)
        names = [f"{label}, {gains['step'].iloc[0]}", *gains["step"].iloc[1:]]
        panels[0].set_yticks(positions, names)
        panels[0].set_ylim(positions[-1] - 0.6, 0.6)
        bar: dict[str, Any] = {"linewidth": 5, "alpha": 0.35}
        figure.legend(handles=[
            Line2D([], [], color=GAIN, **bar, label="gain over the step that it adds to"),
            Line2D([], [], color=LOSS, **bar, label="loss"),
            Line2D([], [], linestyle="", marker="|", markersize=12, markeredgewidth=1.6, color=style.BASELINE,
                   label=f"majority class ({baselines['accuracy']:.1f} and 50.0)"),
        ], loc="outside upper left", ncols=3)
