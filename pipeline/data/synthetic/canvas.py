"""The picture being painted: antialiased shapes, soft edges, shading by colour ramps."""

from collections.abc import Sequence
from functools import cache
from math import ceil, floor

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from pipeline.data.synthetic.geometry import HEIGHT, WIDTH

SUPERSAMPLING = 3  # of the masks; colours are mixed at the picture's own resolution
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]


def mix(a, b, t: float) -> Colour:
    """The colour at t (0 … 1) from a to b."""
    return tuple(int(round(p + (q - p) * t)) for p, q in zip(a, b, strict=True))


def ramp(*stops: tuple[float, Sequence[float]]) -> np.ndarray:
    """Look-up table uint8 256×3 from (position 0 … 255, colour) stops in order."""
    positions, colours = zip(*stops, strict=True)
    levels = np.arange(256)
    channels = [np.interp(levels, positions, channel) for channel in zip(*colours, strict=True)]
    return np.stack(channels, 1).clip(0, 255).astype(np.uint8)


def shaded(light: np.ndarray, table: np.ndarray) -> Image.Image:
    """RGB picture from light (float, 0 dark … 1 bright) of the same size through a ramp."""
    picture = Image.fromarray((light * 255).clip(0, 255).astype(np.uint8))
    picture.putpalette(table.tobytes())
    return picture.convert("RGB")


def glow(light: np.ndarray, box: Box, spots: Sequence[tuple[float, float, float, float, float]]) -> None:
    """Add Gaussians (x, y, deviation in x, deviation in y, height), in pixels, to the light of a box, in place."""
    x, y, sx, sy, height = np.array(spots, np.float32).T[..., None]
    across = np.exp(-0.5 * ((np.arange(box[0], box[2], dtype=np.float32) - x) / sx) ** 2)
    down = np.exp(-0.5 * ((np.arange(box[1], box[3], dtype=np.float32) - y) / sy) ** 2) * height
    light += down.T @ across


def region(shapes: Sequence[tuple[np.ndarray, int]], blur: float = 0.0) -> tuple[Image.Image | None, Box]:
    """Coverage of polygons, painted in order with their values (0 … 255): mask (L) and its box in the picture."""
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
    """The mask (L) with all coverage times opacity (0 … 1)."""
    return mask.point(_scaled(opacity))


def full(mask: Image.Image | None, box: Box) -> Image.Image:
    """A region's mask laid on the whole picture's area."""
    whole = Image.new("L", (WIDTH, HEIGHT))
    if mask is not None:
        whole.paste(mask, box)
    return whole


class Canvas:
    """An RGB picture of 178×218 pixels and the strokes that can be put on it."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    def fill(self, polygon: np.ndarray | Sequence[np.ndarray], colour: Colour, opacity: float = 1.0,
             blur: float = 0.0, within: Image.Image | None = None) -> None:
        """Paint a polygon N×2, or several, softened by `blur` pixels, only where the mask `within` (L, whole picture)
        is."""
        value = round(255 * min(opacity, 1.0))
        polygons = [polygon] if isinstance(polygon, np.ndarray) else polygon
        mask, box = region([(points, value) for points in polygons], blur)
        if mask is not None:
            self.through(mask, box, colour, within)

    def through(self, mask: Image.Image, box: Box, paint: Colour | Image.Image,
                within: Image.Image | None = None) -> None:
        """Paint a colour, or a picture of the box's size, through a mask that covers `box`."""
        if within is not None:
            mask = ImageChops.multiply(mask, within.crop(box))
        self.image.paste(paint, box, mask)
