"""The views of a face: which part of CelebA's aligned image is cut out and scaled to S×S pixels."""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

ALIGNED_BOX = (15, 40, 163, 188)  # left, top, right, bottom: Larsen et al. (arXiv 1512.09300), whom the paper follows

# Where the two eyes, the nose and the corners of the mouth lie in a typical aligned image (x, y in pixels).
TEMPLATE = np.array([(69, 111), (108, 111), (88, 136), (72, 152), (105, 152)], dtype=float)
# Parts of the face beside that template (left, top, right, bottom).
FACE_BOX = (32.5, 72, 144.5, 184)    # from the hairline to just under the chin, between the outer ends of the ears
EYES_BOX = (56.5, 79, 120.5, 143)    # 64×64 around the middle of the eyes: from the brows to the tip of the nose
MOUTH_BOX = (60.5, 124, 116.5, 180)  # 56×56 around the middle of the mouth: from the bridge of the nose to the chin

Box = tuple[float, float, float, float]
Crop = Callable[[Image.Image, int, np.ndarray], np.ndarray]


def aligned_crop(image: Image.Image, size: int, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Rows 40 to 188 and columns 15 to 163 (148×148) of the 178×218 image, scaled down with an antialiased bicubic.

    RGB image → uint8 3×S×S. The landmarks are not used.
    """
    crop = image.resize((size, size), Image.Resampling.BICUBIC, box=ALIGNED_BOX)
    return np.asarray(crop).transpose(2, 0, 1)


def flipped_crop(image: Image.Image, size: int, landmarks: np.ndarray | None = None) -> np.ndarray:
    """The aligned crop, columns 15 to 163 and rows 40 to 188, mirrored left to right.

    RGB image → uint8 3×S×S. The landmarks are not used.
    """
    return aligned_crop(image, size)[:, :, ::-1]


def landmark_crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """The face part, brought upright and to one size by the five landmarks.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. In a typical aligned image, with the eyes at
    (69, 111) and (108, 111), the nose at (88, 136) and the corners of the mouth at (72, 152) and (105, 152), it is the
    square of columns 32.5 to 144.5 and rows 72 to 184. In another, it is where the similarity (turn, scale, shift; no
    mirroring) that brings those five points nearest to the landmarks, by least squares, carries that square. What
    lies outside the image is filled with its nearest edge pixel.
    """
    return upright_crop(image, size, landmarks, FACE_BOX)


def eyes_crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """The eyes, from the brows to the tip of the nose, brought upright and to one size by the five landmarks.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. Cut as the landmark view is, but the square is the
    one of columns 56.5 to 120.5 and rows 79 to 143 of a typical aligned image.
    """
    return upright_crop(image, size, landmarks, EYES_BOX)


def mouth_crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """The mouth, from the bridge of the nose to the chin, brought upright and to one size by the five landmarks.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. Cut as the landmark view is, but the square is the
    one of columns 60.5 to 116.5 and rows 124 to 180 of a typical aligned image.
    """
    return upright_crop(image, size, landmarks, MOUTH_BOX)


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


VIEWS: Mapping[str, Crop] = {
    "aligned": aligned_crop,
    "landmark": landmark_crop,
    "eyes": eyes_crop,
    "mouth": mouth_crop,
    "flipped": flipped_crop,
}
