"""The picture being painted: antialiased shapes, soft edges, shading by colour ramps."""

from collections.abc import Iterable, Sequence
from functools import cache
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from pipeline.data.celeba_layout import HEIGHT, WIDTH

SUPERSAMPLING = 3  # of the masks; colours are mixed at the picture's own resolution
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]


def mix(a: Iterable[float], b: Iterable[float], t: float) -> Colour:
    """Return the colour at t (0 … 1) on the way from a to b."""
    red, green, blue = (round(p + (q - p) * t) for p, q in zip(a, b, strict=True))
    return red, green, blue


def whole_colour(colour: Iterable[float]) -> Colour:
    """Return a colour whose channels are cut to whole numbers."""
    red, green, blue = (int(channel) for channel in colour)
    return red, green, blue


def ramp(*stops: tuple[float, Sequence[float] | np.ndarray]) -> np.ndarray:
    """Return a look-up table, uint8 256×3, from stops (position 0 … 255, colour) in order."""
    positions, colours = zip(*stops, strict=True)
    levels = np.arange(256)
    channels = [np.interp(levels, positions, channel) for channel in zip(*colours, strict=True)]
    return np.stack(channels, 1).clip(0, 255).astype(np.uint8)


def shaded(light: np.ndarray, table: np.ndarray) -> Image.Image:
    """Return an RGB picture of light (float H×W, 0 dark … 1 bright) coloured by a ramp."""
    picture = Image.fromarray((light * 255).clip(0, 255).astype(np.uint8))
    picture.putpalette(table.tobytes())
    return picture.convert("RGB")


def glow(light: np.ndarray, box: Box, spots: ArrayLike) -> None:
    """Add Gaussians to the light of a box, in place.

    Args:
        light: float32 H×W.
        box: where in the picture the light lies.
        spots: N×5, each x, y, deviation in x, deviation in y, all in pixels, and height.
    """
    x, y, sx, sy, height = np.array(spots, np.float32).T[..., None]
    across = np.exp(-0.5 * ((np.arange(box[0], box[2], dtype=np.float32) - x) / sx) ** 2)
    down = np.exp(-0.5 * ((np.arange(box[1], box[3], dtype=np.float32) - y) / sy) ** 2) * height
    light += down.T @ across


def region(shapes: Sequence[tuple[np.ndarray, int]], blur: float = 0.0) -> tuple[Image.Image | None, Box]:
    """Paint polygons one over the other into a mask.

    Args:
        shapes: polygons (N×2, pixels) with their values (0 … 255), in the order of painting.
        blur: deviation of a Gaussian in pixels.

    Returns:
        The mask (L), and its box in the picture. The mask is None where the shapes lie outside the picture.
    """
    points = np.concatenate([polygon for polygon, value in shapes if value])
    (west, north), (east, south), pad = points.min(0).tolist(), points.max(0).tolist(), 1 + 2.5 * blur
    left, top = max(0, floor(west - pad)), max(0, floor(north - pad))
    right, bottom = min(WIDTH, ceil(east + pad)), min(HEIGHT, ceil(south + pad))
    if left >= right or top >= bottom:
        return None, (0, 0, 0, 0)
    k = SUPERSAMPLING
    mask = Image.new("L", (k * (right - left), k * (bottom - top)))
    draw = ImageDraw.Draw(mask)
    for polygon, value in shapes:
        draw.polygon(((polygon - (left, top)) * k).ravel().tolist(), fill=value)
    mask = mask.reduce(k)
    if blur >= 0.5:  # less is lost in the antialiasing
        mask = mask.filter(ImageFilter.GaussianBlur(blur))
    return mask, (left, top, right, bottom)


@cache
def _scaled(opacity: float) -> list[int]:
    return [round(value * opacity) for value in range(256)]


def faded(mask: Image.Image, opacity: float) -> Image.Image:
    """Return the mask (L) with all coverage times opacity (0 … 1)."""
    return mask.point(_scaled(opacity))


def full(mask: Image.Image | None, box: Box) -> Image.Image:
    """Return the mask (L) of a region, extended to the whole picture."""
    whole = Image.new("L", (WIDTH, HEIGHT))
    if mask is not None:
        whole.paste(mask, box)
    return whole


class Canvas:
    """An RGB picture of 178×218 pixels, and the strokes that can be painted on it."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    def fill(self, polygon: np.ndarray | Sequence[np.ndarray], colour: Colour, opacity: float = 1.0,
             blur: float = 0.0, within: Image.Image | None = None) -> None:
        """Paint one polygon (N×2, pixels) or several.

        Args:
            polygon: one or several; several are painted as one region.
            colour: of the paint.
            opacity: 0 … 1.
            blur: softness of the edge, in pixels.
            within: a mask (L) of the whole picture, outside of which nothing is painted.
        """
        value = round(255 * min(opacity, 1.0))
        polygons = [polygon] if isinstance(polygon, np.ndarray) else polygon
        mask, box = region([(points, value) for points in polygons], blur)
        self.through(mask, box, colour, within)

    def through(self, mask: Image.Image | None, box: Box, paint: Colour | Image.Image,
                within: Image.Image | None = None) -> None:
        """Paint a colour, or a picture of the box's size, through a mask (L) that covers `box`, if there is one."""
        if mask is None:
            return
        if within is not None:
            mask = ImageChops.multiply(mask, within.crop(box))
        self.image.paste(paint, box, mask)
