"""The look that all figures share: font, sizes, colours and background. Drawing twice gives the same bytes."""

import contextlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageFont

from pipeline.files.atomic import replacing
from pipeline.vocabulary import readable

WIDTH = 900  # CSS pixels: how wide a page shows a figure; the sizes below are meant for this width
FONT_SIZE = 13
DENSITY = 2  # pixels of a plot per CSS pixel
JPEG_QUALITY = 85
PNG_LEVEL = 4  # of zlib: pictures of faces come out as large as with its default of 6, in half the time
MARGIN = 12
LONGEST_NAME = 28  # characters of an attribute's name
NAMES_OF_FULL_SIZE = 44  # beside a matrix

TEXT = "#222222"
MUTED = "#767676"
GRID = "#e3e3e3"
BASELINE = "#9a9a9a"
# One per variant, in the order of variants. The common colour blindnesses can tell them apart (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "D", "s", "^", "v", "P")

RC: Any = {  # matplotlib names its keys one by one, and each version others
    "font.family": "DejaVu Sans", "font.size": FONT_SIZE * 0.72,  # CSS pixels in points, at 100 pixels an inch
    "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": MUTED, "axes.titlesize": FONT_SIZE * 0.72,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": TEXT, "ytick.labelcolor": TEXT,
    "legend.frameon": False, "lines.linewidth": 1.6, "lines.markersize": 4,
    "figure.facecolor": "white", "savefig.facecolor": "white", "svg.hashsalt": "figures",
}


def name_of(attribute: str) -> str:
    """Return the name of an attribute as figures show it; a long one ends in an ellipsis."""
    name = readable(attribute)
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME - 1].rstrip() + "…"


def room_for_names(names: Sequence[str]) -> float:
    """Return by how many CSS pixels slanted names above a matrix are higher than CelebA's longest, of 19 characters."""
    return 7 * max(0, *map(len, names), 19) - 7 * 19


def shrink_names(axes: Axes, count: int) -> None:
    """Make the names at both sides of a matrix smaller where there are so many that they would touch."""
    if count > NAMES_OF_FULL_SIZE:
        axes.tick_params(labelsize=RC["font.size"] * NAMES_OF_FULL_SIZE / count)


@contextlib.contextmanager
def plot(path: str | Path, height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Yield a matplotlib figure in the shared style, and write it as PNG at the end of the block.

    Args:
        path: of the PNG file.
        height: in CSS pixels.
        width: in CSS pixels.
    """
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width / 100, height / 100), dpi=100 * DENSITY, layout="constrained")
        FigureCanvasAgg(figure)  # no pyplot: no window, no state between figures
        yield figure
        with replacing(path) as temporary:
            # Without matplotlib's version in the metadata, the bytes depend on the picture alone.
            figure.savefig(temporary, format="png", metadata={"Software": None})


def write_image(image: Image.Image, path: str | Path) -> None:
    """Write an image without metadata: as JPEG if `path` ends in .jpg, else as PNG."""
    with replacing(path) as temporary:
        if Path(path).suffix == ".jpg":
            image.save(temporary, format="JPEG", quality=JPEG_QUALITY, optimize=True)
        else:
            image.save(temporary, format="PNG", compress_level=PNG_LEVEL)


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans of `size` pixels as matplotlib ships it, so that the machine needs no font."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)
