"""Crops of a face that its five landmarks turn upright and scale to one size."""

from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from pipeline.data.celeba_layout import TEMPLATE

Box = tuple[float, float, float, float]  # left, top, right, bottom, in the coordinates of TEMPLATE


def upright_crop(image: Image.Image, size: int, landmarks: np.ndarray, box: Box) -> np.ndarray:
    """Cut the square that `box` becomes when TEMPLATE is moved onto the landmarks.

    The move is a similarity (turn, scale, shift; no mirroring), the nearest one by least squares. Pixels outside the
    image repeat its nearest edge pixel.

    Args:
        image: RGB.
        size: S, in pixels.
        landmarks: 5×2, x and y in pixels of the image.
        box: a square in the coordinates of TEMPLATE.

    Returns:
        uint8 3×S×S.
    """
    move = similarity(TEMPLATE, landmarks)
    left, top, right, _ = box
    side = move.turn * (right - left)  # from the upper left corner to the upper right
    return np.asarray(cut(image, move(left + 1j * top), side, size, size)).transpose(2, 0, 1)


class Similarity(NamedTuple):
    """z → turn·(z - source) + target: a turn, a scale and a shift of points x + iy, without mirroring."""

    turn: complex  # by its angle, and by its modulus the scale
    source: complex
    target: complex

    def __call__(self, points: Any) -> Any:
        """Move a point or an array of points."""
        return self.turn * (points - self.source) + self.target

    def back(self, points: Any) -> Any:
        """Move them the other way."""
        return (points - self.target) / self.turn + self.source


def similarity(source: np.ndarray, target: np.ndarray) -> Similarity:
    """Return the similarity that moves the points of `source` nearest to those of `target`, by least squares.

    As complex numbers a similarity is a·z + b, and least squares over the points is a division.

    Args:
        source: N×2, x and y; not all in one place.
        target: N×2, in the same order.
    """
    before, after = source @ (1, 1j), target @ (1, 1j)
    centred = before - before.mean()
    return Similarity(np.vdot(centred, after) / np.vdot(centred, centred), before.mean(), after.mean())


def cut(image: Image.Image, origin: complex, side: complex, width: int, height: int) -> Image.Image:
    """Cut a turned rectangle out of an image and scale it to W×H pixels, antialiased.

    Pixels outside the image repeat its nearest edge pixel.

    Args:
        image: RGB.
        origin: the upper left corner of the rectangle, x + iy in pixels of the image. The image's own is 0.
        side: from there to the upper right corner. The other side is i·H/W times it.
        width: W of the result, in pixels.
        height: H.
    """
    down = 1j * (height / width)
    corners = origin + side * np.array([0, 1, down, 1 + down])
    outside = max(0, -corners.real.min(), -corners.imag.min(),
                  corners.real.max() - image.width, corners.imag.max() - image.height)
    if outside > 0:
        margin = int(outside) + 2
        image = Image.fromarray(np.pad(np.asarray(image), ((margin, margin), (margin, margin), (0, 0)), mode="edge"))
        origin += margin * (1 + 1j)

    # Sample about as finely as the image, then average: a single interpolation at W×H would alias.
    finer = max(1, round(abs(side) / width))
    step = side / (width * finer)
    turned = image.transform((width * finer, height * finer), Image.Transform.AFFINE,
                             (step.real, -step.imag, origin.real, step.imag, step.real, origin.imag),
                             Image.Resampling.BILINEAR)
    return turned.reduce(finer)
