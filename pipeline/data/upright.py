"""Crops of a face that five landmarks bring upright and to one size."""

import numpy as np
from PIL import Image

# Where the two eyes, the nose and the corners of the mouth lie in a typical aligned image (x, y in pixels).
TEMPLATE = np.array([(69, 111), (108, 111), (88, 136), (72, 152), (105, 152)], dtype=float)

Box = tuple[float, float, float, float]  # left, top, right, bottom, in the coordinates of TEMPLATE


def upright_crop(image: Image.Image, size: int, landmarks: np.ndarray, box: Box) -> np.ndarray:
    """The square `box`, in the coordinates of TEMPLATE, carried into the image by the landmarks' similarity.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. Outside the image its nearest edge pixel goes on.
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
        image = Image.fromarray(np.pad(image, ((margin, margin), (margin, margin), (0, 0)), mode="edge"))
        origin += margin * (1 + 1j)

    # Sampled about as finely as the image is, then averaged: a single interpolation at S×S would alias.
    finer = max(1, round(abs(side) / size))
    step = side / (size * finer)
    turned = image.transform((size * finer, size * finer), Image.Transform.AFFINE,
                             (step.real, -step.imag, origin.real, step.imag, step.real, origin.imag),
                             Image.Resampling.BILINEAR)
    return np.asarray(turned.reduce(finer)).transpose(2, 0, 1)
