"""The look that all figures share: one font, one set of sizes and colours, a white background, the same bytes twice."""

import contextlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageFont

WIDTH = 900  # CSS pixels at which a figure is meant to be seen; sizes below are at this width
FONT_SIZE = 13
DENSITY = 2  # plots hold this many pixels per CSS pixel
JPEG_QUALITY = 85
MARGIN = 12

TEXT = "#222222"
MUTED = "#767676"
GRID = "#e3e3e3"
BASELINE = "#9a9a9a"
# One per variant, in the order in which variants come; told apart with the common colour blindnesses (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "D", "s", "^", "v", "P")

RC = {
    "font.family": "DejaVu Sans", "font.size": FONT_SIZE * 0.72,  # points: CSS pixels at 100 per inch
    "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": MUTED, "axes.titlesize": FONT_SIZE * 0.72,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": TEXT, "ytick.labelcolor": TEXT,
    "legend.frameon": False, "lines.linewidth": 1.6, "lines.markersize": 4,
    "figure.facecolor": "white", "savefig.facecolor": "white", "svg.hashsalt": "figures",
}


@contextlib.contextmanager
def plot(path: str | Path, height: float, width: float = WIDTH) -> Iterator[Figure]:
    """A matplotlib figure of width×height CSS pixels in the shared style, written to `path` as PNG at the end."""
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width / 100, height / 100), dpi=100 * DENSITY, layout="constrained")
        FigureCanvasAgg(figure)  # no pyplot: no window, no state between figures
        yield figure
        with replacing(path) as temporary:
            # Without the version of matplotlib among the metadata, the file depends on the picture alone.
            figure.savefig(temporary, format="png", metadata={"Software": None})


def write_image(image: Image.Image, path: str | Path) -> None:
    """Write an image without metadata: as JPEG where `path` ends in .jpg, else as PNG."""
    with replacing(path) as temporary:
        if Path(path).suffix == ".jpg":
            image.save(temporary, format="JPEG", quality=JPEG_QUALITY, optimize=True)
        else:
            image.save(temporary, format="PNG")


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary name beside `path`, moved onto it when all has been written."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    yield temporary
    os.replace(temporary, path)


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans as matplotlib ships it, so that no font of the machine is needed; `size` in pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


def readable(attribute: str) -> str:
    """CelebA's name of an attribute with spaces: "5 o Clock Shadow"."""
    return attribute.replace("_", " ")
