"""Which attributes' answers flip when an attribute is added to faces or taken from them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.figures import style

COLOUR_MAP = "Blues"  # sequential: white for 0
LOWEST = 520  # CSS pixels: the names of few attributes need as much room above the matrix as those of many


def entanglement(path: str | Path, matrix: np.ndarray, names: Sequence[str]) -> None:
    """Write a matrix of shares as shades, with a dot for the diagonal and a cross for NaN.

    Args:
        path: of the PNG file.
        matrix: float K×K in 0 … 1: row i is the attribute that is added or taken away, column j the share of faces
            whose answer to another attribute flips with it.
        names: K attributes, for the rows from the top and the columns from the left.
    """
    count = len(names)
    if matrix.shape != (count, count):
        raise ValueError(f"a {matrix.shape} matrix for {count} names")
    labels = [style.name_of(name) for name in names]
    shares = matrix.astype(float)
    np.fill_diagonal(shares, np.nan)
    with style.plot(path, height=max(LOWEST, 240 + 17 * count) + style.room_for_names(labels)) as figure:
        axes = figure.add_subplot()
        image = axes.imshow(100 * shares, cmap=COLOUR_MAP, vmin=0, vmax=100)
        number = np.arange(count)
        known = np.isfinite(matrix.diagonal())
        axes.plot(number[known], number[known], "o", color=style.BASELINE, markersize=5)
        row, column = np.nonzero(np.isnan(matrix))
        axes.plot(column, row, "x", color=style.BASELINE, markersize=4, markeredgewidth=0.7)
        axes.set_xticks(number, labels, rotation=60, ha="left", rotation_mode="anchor")
        axes.set_yticks(number, labels)
        style.shrink_names(axes, count)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.grid(False)
        axes.set_xticks(np.arange(0.5, count - 1), minor=True)
        axes.set_yticks(np.arange(0.5, count - 1), minor=True)
        axes.grid(which="minor", linewidth=0.5)
        axes.tick_params(which="minor", length=0)
        axes.spines[:].set(visible=True, color=style.GRID)
        axes.set_ylabel("added to a face, or taken from it")
        axes.set_xlabel("flips with it")
        axes.xaxis.set_label_position("top")
        bar = figure.colorbar(image, ax=axes, location="bottom", fraction=0.03, pad=0.02, aspect=50)
        bar.set_label("share of test faces whose answer flips, in %")
        bar.outline.set_edgecolor(style.GRID)
