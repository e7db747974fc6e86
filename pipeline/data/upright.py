"""Crops of a face that its five landmarks turn upright and scale to one size."""

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
    # As complex numbers a similarity is a·z + b, and least squares over the five points is a division.
    template, points = TEMPLATE @ (1, 1j), landmarks @ (1, 1j)
    centred = template - template.mean()
    a = np.vdot(centred, points) / np.vdot(centred, centred)
    left, top, right, _ = box
    origin = a * (left + 1j * top - template.mean()) + points.mean()
    side = a * (right - left)  # from the upper left corner to the upper right

    corners = origin + side * np.array([0, 1, 1j, 1 + 1j])
    outside = max(0, -corners.real.min(), -corners.imag.min(),
                  corners.real.max() - image.width, corners.imag.max() - image.height)
    if outside > 0:
        margin = int(outside) + 2
        image = Image.fromarray(np.pad(np.asarray(image), ((margin, margin), (margin, margin), (0, 0)), mode="edge"))
        origin += margin * (1 + 1j)

    # Sample about as finely as the image, then average: a single interpolation at S×S would alias.
    finer = max(1, round(abs(side) / size))
    step = side / (size * finer)
    turned = image.transform((size * finer, size * finer), Image.Transform.AFFINE,
                             (step.real, -step.imag, origin.real, step.imag, step.real, origin.imag),
                             Image.Resampling.BILINEAR)
    return np.asarray(turned.reduce(finer)).transpose(2, 0, 1)
