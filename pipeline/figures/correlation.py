"""Figure 7: the correlation of attribute vectors as circles, blue positive, red negative (section 4.3.3)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from pipeline.figures import style
from pipeline.vocabulary import readable

# The colours of R's corrplot, which seems to have drawn the paper's figure.
RED_WHITE_BLUE = LinearSegmentedColormap.from_list(
    "correlation", ["#67001f", "#b2182b", "#d6604d", "#f4a582", "#fddbc7", "#ffffff",
                    "#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061"])


def correlation(path: str | Path, matrix: np.ndarray, names: Sequence[str]) -> None:
    """Write a matrix as circles: area and shade show the strength, a cross stands for NaN.

    Args:
        path: of the PNG file.
        matrix: float K×K in -1 … 1.
        names: K of CelebA's attribute names, for the rows from the top and the columns from the left.
    """
    count = len(names)
    if matrix.shape != (count, count):
        raise ValueError(f"a {matrix.shape} matrix for {count} names")
    colours = ScalarMappable(Normalize(-1, 1), RED_WHITE_BLUE)
    with style.plot(path, height=720, width=780) as figure:
        axes = figure.add_subplot()
        row, column = np.nonzero(~np.isnan(matrix))
        strength = matrix[row, column]
        diameter = 0.92 * np.sqrt(np.abs(strength))  # area ∝ |r|
        axes.add_collection(EllipseCollection(
            diameter, diameter, np.zeros(len(row)), units="x", offsets=np.stack([column, row], 1),
            offset_transform=axes.transData, facecolors=colours.to_rgba(strength), edgecolors=style.MUTED,
            linewidths=0.4))
        for y, x in np.argwhere(np.isnan(matrix)):
            axes.plot(x, y, "x", color=style.BASELINE, markersize=7)
        axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), aspect="equal")
        axes.set_xticks(range(count), [readable(name) for name in names], rotation=60, ha="left",
                        rotation_mode="anchor")
        axes.set_yticks(range(count), [readable(name) for name in names])
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        axes.grid(False)
        axes.set_xticks(np.arange(0.5, count - 1), minor=True)
        axes.set_yticks(np.arange(0.5, count - 1), minor=True)
        axes.grid(which="minor")
        axes.tick_params(which="minor", length=0)
        axes.spines[:].set(visible=True, color=style.GRID)
        bar = figure.colorbar(colours, ax=axes, fraction=0.045, pad=0.02, ticks=np.linspace(-1, 1, 9))
        bar.set_label("Pearson's correlation")
        bar.outline.set_edgecolor(style.GRID)
