"""Table 1 to look at: accuracy per attribute beside the majority class, the largest gain at the top."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from pipeline.figures import style


def svm_bars(path: str | Path, results: Mapping[str, Mapping[str, pd.DataFrame]]) -> None:
    """Write one line per attribute: a tick for the majority class, a dot for every variant and view.

    `results`: a variant's label → view → rows of `evaluation.svm.evaluate`. Colours tell variants, shapes views.
    Attributes are sorted by the mean gain over the majority class. The bar goes from it to the best dot.
    """
    views = list(dict.fromkeys(view for by_view in results.values() for view in by_view))
    frames = [(label, view, rows.set_index("attribute"))
              for label, by_view in results.items() for view, rows in by_view.items()]
    gains = sum(rows["accuracy"] - rows["majority"] for _, _, rows in frames) / len(frames)
    order = gains.sort_values(kind="stable").index  # the first is drawn at the bottom
    positions = np.arange(len(order))
    majority = 100 * frames[0][2].loc[order, "majority"]
    best = 100 * np.max([rows.loc[order, "accuracy"] for _, _, rows in frames], axis=0)

    labels = list(results)
    with style.plot(path, height=150 + 23 * len(order)) as figure:
        axes = figure.add_subplot()
        axes.hlines(positions, majority, best, color=style.GRID, linewidth=5)
        axes.plot(majority, positions, "|", color=style.TEXT, markersize=12, markeredgewidth=1.6)
        handles = [Line2D([], [], linestyle="", marker="|", markersize=10, markeredgewidth=1.6, color=style.TEXT,
                          label=f"majority class ({majority.mean():.1f} on average)")]
        for label, view, rows in frames:
            accuracy = 100 * rows.loc[order, "accuracy"]
            look = {"marker": style.MARKERS[views.index(view) % len(style.MARKERS)], "linestyle": "", "markersize": 5.5,
                    "color": style.COLOURS[labels.index(label) % len(style.COLOURS)], "alpha": 0.85,
                    "markeredgecolor": "white", "markeredgewidth": 0.5}
            # Each variant a little lower than the one before, so that equal accuracies do not hide each other.
            lower = 0.5 * (labels.index(label) - (len(labels) - 1) / 2) / max(1, len(labels) - 1)
            axes.plot(accuracy, positions - lower, **look)
            handles.append(Line2D([], [], **look, label=f"{label}, {view} ({accuracy.mean():.1f} on average)"))
        axes.set_yticks(positions, [style.readable(name) for name in order])
        axes.set_ylim(-0.7, len(order) - 0.3)
        axes.set_xlabel("accuracy on the test images in %")
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        figure.legend(handles=handles, loc="outside upper left", ncols=2)
