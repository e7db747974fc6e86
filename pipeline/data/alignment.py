"""From a picture of any size to CelebA's frame of 178×218 pixels, in which the views cut.

Coordinates are in pixels of the upright picture (`pipeline.data.picture`), x to the right and y down, from its upper
left corner.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline.data.celeba_layout import HEIGHT, POINTS, TEMPLATE, WIDTH
from pipeline.data.upright import cut, similarity
from pipeline.data.views.aligned import ALIGNED_BOX
from pipeline.errors import InputError

SMALLEST_FACE = 4  # pixels between the points that are farthest apart in x or y, at least
# Share of the points' variance that the similarity explains, at least. MTCNN's points of 6,000 faces of CelebA have
# 0.69 to 1.00, the least where a head is turned to profile. Mirrored they have 0 to 0.32. Four in five wrong orders of
# the points have less than this or lie rather as in a mirrored face; the others cannot be told from a face.
LEAST_LIKENESS = 0.4


class Aligned(NamedTuple):
    """A picture as CelebA has them."""

    image: Image.Image  # RGB, 178×218
    landmarks: np.ndarray  # int16 5×2: x, y of POINTS in its pixels, rounded


def align(image: Image.Image, landmarks: np.ndarray, name: str) -> Aligned:
    """Turn, scale and shift a face to where CelebA's alignment has it.

    The move is the similarity (no mirroring) that brings the five landmarks nearest to CelebA's typical ones, TEMPLATE,
    by least squares. Pixels outside the picture repeat its nearest edge pixel. All views make sense of the result.

    Args:
        image: RGB, upright, of any size.
        landmarks: float 5×2, x and y of POINTS. Left and right are as the viewer sees them.
        name: of the picture with its place, for messages.

    Raises:
        InputError: the landmarks are no face of this picture.
    """
    points = np.asarray(landmarks, dtype=float)
    check_landmarks(points, image.size, name)
    move = similarity(TEMPLATE, points)
    found = move.back(points @ (1, 1j))
    return Aligned(_framed(image, move(0), move.turn * WIDTH),
                   np.rint(np.stack([found.real, found.imag], axis=1)).astype(np.int16))


def frame_square(image: Image.Image) -> Image.Image:
    """Bring a picture without landmarks into CelebA's frame: RGB of any size → RGB 178×218.

    The view `aligned` of the result shows the largest square of the picture: of a wide picture the middle, and of a
    tall one the part with a third of the spare height above it and two thirds below. In a tall picture of a person the
    head is above the middle; the middle square would cut hair, and the uppermost one the chin of a face that fills the
    picture. Around the square the frame shows what the picture has there, and beyond it repeats the edge.

    Only the views `aligned` and `flipped` make sense of it: the others need landmarks. The faces lie where they lay in
    the picture, so those of pictures that were cut alike around a face lie alike.
    """
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 3
    box_left, box_top, box_right, _ = ALIGNED_BOX
    pixel = side / (box_right - box_left)  # of the frame, in pixels of the picture
    return _framed(image, complex(left - pixel * box_left, top - pixel * box_top), complex(pixel * WIDTH))


def check_landmarks(landmarks: np.ndarray, size: tuple[int, int], name: str) -> None:
    """Refuse landmarks that cannot be a face of this picture.

    Args:
        landmarks: float 5×2, x and y of POINTS.
        size: width and height of their picture, in pixels.
        name: of the picture with its place, for messages.

    Raises:
        InputError: they are not five points, not finite, all in one place, not in the picture, or in another order.
    """
    check_points(landmarks, name)
    given = in_words(landmarks)
    x, y = landmarks.mean(axis=0)
    if not (0 <= x <= size[0] and 0 <= y <= size[1]):
        raise InputError(f"{name} has its landmarks ({given}) outside its {size[0]}×{size[1]} pixels: give them "
                         "in pixels of this picture, turned upright")
    mirrored = landmarks * (-1, 1)
    if _likeness(landmarks) < max(LEAST_LIKENESS, _likeness(mirrored)):
        raise InputError(f"{name} has landmarks that do not lie as in a face ({given}): give {', '.join(POINTS)} in "
                         "this order, left and right as the viewer sees them")


def check_points(landmarks: np.ndarray, name: str) -> None:
    """Raise InputError unless landmarks are five finite points, not all in one place; as `check_landmarks`."""
    if landmarks.shape != (len(POINTS), 2) or not np.isfinite(landmarks).all():
        raise InputError(f"{name} has landmarks that are not {len(POINTS)} points: give x and y of {', '.join(POINTS)}")
    if np.ptp(landmarks, axis=0).max() < SMALLEST_FACE:
        raise InputError(f"{name} has all landmarks in one place ({in_words(landmarks)}): give five points of a face, "
                         "in pixels")


def in_words(landmarks: np.ndarray) -> str:
    """Return points for a message: "69,111 108,111 …"."""
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in landmarks)


def _likeness(landmarks: np.ndarray) -> float:
    """Return the share, 0 … 1, of the points' variance that a similarity of TEMPLATE explains."""
    template, points = ((z - z.mean()) for z in (TEMPLATE @ (1, 1j), landmarks @ (1, 1j)))
    return float(abs(np.vdot(template, points)) ** 2 / (np.vdot(template, template) * np.vdot(points, points)).real)


def _framed(image: Image.Image, origin: complex, side: complex) -> Image.Image:
    """Cut CelebA's frame out of a picture; `origin` and `side` as in `upright.cut`.

    Where a pixel of the frame covers many of the picture, their means are formed first. It is faster so, and the edge
    that is repeated around a large picture takes little memory.
    """
    shrink = int(abs(side) / WIDTH / 2)
    if shrink > 1:
        image, origin, side = image.reduce(shrink), origin / shrink, side / shrink
    return cut(image, origin, side, WIDTH, HEIGHT)
