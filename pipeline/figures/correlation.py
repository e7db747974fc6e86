"""Figure 7: the correlation of attribute vectors as circles, blue positive, red negative (section 4.3.3).

Beside it stands that of the labels, which says how much of it the data have already.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from pipeline.figures import style

# The colours of R's corrplot, which seems to have drawn the paper's figure.
RED_WHITE_BLUE = LinearSegmentedColormap.from_list(
    "correlation", ["#67001f", "#b2182b", "#d6604d", "#f4a582", "#fddbc7", "#ffffff",
                    "#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061"])
COLOURS = ScalarMappable(Normalize(-1, 1), RED_WHITE_BLUE)
SIDE_BY_SIDE = 20  # attributes up to which panels stand side by side; with more, one below the other


def correlation(path: str | Path, matrices: Mapping[str, np.ndarray], names: Sequence[str]) -> None:
    """Write matrices as circles: area and shade show the strength, a cross stands for NaN.

    Args:
        path: of the PNG file.
        matrices: title of a panel → float K×K in -1 … 1.
        names: K attributes, at least two, for the rows from the top and the columns from the left.
    """
    count, labels = len(names), [style.name_of(name) for name in names]
    for matrix in matrices.values():
        if matrix.shape != (count, count):
            raise ValueError(f"a {matrix.shape} matrix for {count} names")
    wide = count <= SIDE_BY_SIDE
    rows, columns = (1, len(matrices)) if wide else (len(matrices), 1)
    with style.plot(path, height=(600 if wide else rows * (320 + 11 * count))
                    + rows * style.room_for_names(labels)) as figure:
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for axes, (title, matrix) in zip(panels, matrices.items(), strict=True):
            draw_circles(axes, matrix)
            axes.set_xlabel(title, weight="bold", labelpad=8)
            axes.set_xticks(range(count), labels, rotation=60, ha="left", rotation_mode="anchor")
            style.shrink_names(axes, count)
        panels[0].set_yticks(range(count), labels)
        bar = figure.colorbar(COLOURS, ax=panels, location="bottom", fraction=0.035 if wide else 0.012, pad=0.02,
                              aspect=50, ticks=np.linspace(-1, 1, 9))
        bar.set_label("Pearson's correlation")
        bar.outline.set_edgecolor(style.GRID)


def draw_circles(axes: Axes, matrix: np.ndarray) -> None:
    """Draw one matrix, float K×K in -1 … 1, with the first row at the top."""
    count = len(matrix)
    row, column = np.nonzero(~np.isnan(matrix))
    strength = matrix[row, column]
    diameter = 0.92 * np.sqrt(np.abs(strength))  # area ∝ |r|
    axes.add_collection(EllipseCollection(
        diameter, diameter, np.zeros(len(row)), units="x", offsets=np.stack([column, row], 1),
        offset_transform=axes.transData, facecolors=COLOURS.to_rgba(strength), edgecolors=style.MUTED,
        linewidths=0.4))
    for y, x in np.argwhere(np.isnan(matrix)):
        axes.plot(x, y, "x", color=style.BASELINE, markersize=7)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), aspect="equal")
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.grid(False)
    axes.set_xticks(np.arange(0.5, count - 1), minor=True)
    axes.set_yticks(np.arange(0.5, count - 1), minor=True)
    axes.grid(which="minor")
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set(visible=True, color=style.GRID)
