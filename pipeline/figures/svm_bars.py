"""Table 1 as a picture: accuracy per attribute beside the majority class, with the largest gain at the top."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from pipeline.figures import style
from pipeline.figures.choice import MOST_ATTRIBUTES

Tables = Mapping[str, Mapping[str, pd.DataFrame]]  # label → set of views → rows of `evaluation.svm.evaluate`

def svm_bars(path: str | Path, results: Tables, view_set: str, baselines: Tables | None = None) -> None:
    """Write one line per attribute: a tick for the majority class, a dot for every variant, a bar to the highest dot.

    All dots are of one set of views; dots of all sets could not be told apart. Methods without this set are left out.
    Attributes are sorted by the mean gain over the majority class. Each baseline has one hollow grey mark. An attribute
    without a score is left out, and of more than MOST_ATTRIBUTES those that fewer test images have; averages are
    of all that have a score. Where none has, nothing is written.

    Args:
        path: of the PNG file.
        results: of variants.
        view_set: the set of views, as in report.view_set; at least one method has it.
        baselines: what they are compared with, beside the majority class.
    """
    frames = [(label, sets[view_set].set_index("attribute")) for label, sets in results.items() if view_set in sets]
    gains = sum(rows["accuracy"] - rows["majority"] for _, rows in frames) / len(frames)
    everything = gains.dropna().sort_values(kind="stable").index  # the first is drawn at the bottom
    if everything.empty:
        return
    order = everything
    if len(everything) > MOST_ATTRIBUTES:
        frequent = frames[0][1].loc[everything, "positives"].sort_values(ascending=False, kind="stable").index
        order = everything[everything.isin(frequent[:MOST_ATTRIBUTES])]
    positions = np.arange(len(order))
    majority, mean_majority = of_attributes(frames[0][1]["majority"], order, everything)
    highest = 100 * np.max([rows.loc[order, "accuracy"] for _, rows in frames], axis=0)

    with style.plot(path, height=150 + 23 * len(order) + 10 * len(frames)) as figure:
        axes = figure.add_subplot()
        axes.hlines(positions, majority, highest, color=style.GRID, linewidth=5)
        axes.plot(majority, positions, "|", color=style.TEXT, markersize=12, markeredgewidth=1.6)
        handles = [Line2D([], [], linestyle="", marker="|", markersize=10, markeredgewidth=1.6, color=style.TEXT,
                          label=f"majority class ({mean_majority:.1f} on average)")]
        for number, (label, rows) in enumerate(frames):
            accuracy, mean = of_attributes(rows["accuracy"], order, everything)
            look: dict[str, Any] = {
                    "marker": style.MARKERS[number % len(style.MARKERS)], "linestyle": "", "markersize": 5.5,
                    "color": style.COLOURS[number % len(style.COLOURS)], "alpha": 0.85, "markeredgecolor": "white",
                    "markeredgewidth": 0.5}
            # Each variant stands a little lower than the one before, so that equal accuracies do not hide each other.
            lower = 0.5 * (number - (len(frames) - 1) / 2) / max(1, len(frames) - 1)
            axes.plot(accuracy, positions - lower, **look)
            handles.append(Line2D([], [], **look, label=f"{label}, {view_set} ({mean:.1f} on average)"))
        for number, (label, sets) in enumerate((baselines or {}).items()):
            view, rows = next((view, rows.set_index("attribute")) for view, rows in sets.items())
            accuracy, mean = of_attributes(rows["accuracy"], order, everything)
            look = {"marker": style.MARKERS[::-1][number % len(style.MARKERS)], "linestyle": "", "markersize": 4.5,
                    "color": style.MUTED, "markerfacecolor": "none", "markeredgewidth": 0.8}
            axes.plot(accuracy, positions, **look)
            handles.append(Line2D([], [], **look, label=f"{label}, {view} ({mean:.1f} on average)"))
        axes.set_yticks(positions, [style.name_of(name) for name in order])
        axes.set_ylim(-0.7, len(order) - 0.3)
        axes.set_xlabel("accuracy on the test images in %")
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        figure.legend(handles=handles, loc="outside upper left", ncols=2)


def of_attributes(shares: pd.Series, shown: pd.Index, scored: pd.Index) -> tuple[pd.Series, float]:
    """Return the shares of the attributes that are shown, and the mean of those that are scored, both in percent."""
    return 100 * shares.loc[shown], float((100 * shares.loc[scored]).mean())
