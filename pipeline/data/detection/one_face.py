"""The landmarks of the one face that a picture shows."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from PIL import Image

from pipeline.data.alignment import align, check_landmarks
from pipeline.data.celeba_layout import TEMPLATE
from pipeline.data.detection.detector import Detector
from pipeline.data.upright import similarity
from pipeline.errors import InputError

OTHER_FACE = 0.5  # another face counts from this share of the largest one's width; smaller ones are in the background
SURE = 0.9  # a face of lower probability counts only where there is no other: of 600 photographs, a cap's badge
SAME_FACE = 20  # pixels of CelebA's frame between the middles of the points that are found twice, at most


def find_face(detector: Detector, image: Image.Image, name: str) -> np.ndarray:
    """Return the five landmarks of a picture's face.

    Of several faces the largest is taken, if all others are less than OTHER_FACE as wide or not SURE. Its points are
    found twice: in the picture, and again in CelebA's frame, which shows the face upright. Of 117 photographs that were
    turned by up to 35° and scaled by 0.5 to 3, the corners of the view `aligned` come to lie 4.2 px from where they
    belong by the first points, and 2.9 px by the second (above 20°: 5.5 and 3.0 px). The result is the same for any
    number of torch's threads.

    Args:
        detector: finds faces.
        image: RGB, upright, of any size.
        name: of the picture with its place, for messages.

    Returns:
        float32 5×2: x and y of `celeba_layout.POINTS` in pixels, from the picture's upper left corner, as
        `alignment.align` takes them. (`Detector` counts from the middle of the first pixel.)

    Raises:
        InputError: there is no face, or there are several, or its landmarks do not lie as in a face.
    """
    with _one_thread():
        faces = detector.detect(image)
        if not faces:
            raise InputError(f"{name} shows no face that the detector finds: take it out, or give its landmarks in a "
                             "table")
        faces = [face for face in faces if face.probability >= SURE] or faces
        widths = [face.box[2] - face.box[0] for face in faces]
        large = sum(width >= OTHER_FACE * max(widths) for width in widths)
        if large > 1:
            raise InputError(f"{name} shows {large} faces of similar size: cut it to one, or take it out")
        landmarks = from_the_corner(faces[int(np.argmax(widths))].landmarks)
        try:
            check_landmarks(landmarks.astype(float), image.size, name)
            landmarks = _found_again(detector, image, landmarks)
            check_landmarks(landmarks.astype(float), image.size, name)
        except InputError as error:
            raise InputError(f"{name} shows a face whose eyes, nose and mouth the detector does not place: take it "
                             "out, or give its landmarks in a table") from error
    return landmarks


def from_the_corner(points: np.ndarray) -> np.ndarray:
    """Return points that are counted from the middle of the first pixel as counted from its upper left corner."""
    return points + np.float32(0.5)


def _found_again(detector: Detector, image: Image.Image, landmarks: np.ndarray) -> np.ndarray:
    """Return the points of the same face as found in CelebA's frame, or those given where it is not found there."""
    framed = align(image, landmarks, "")
    move = similarity(TEMPLATE, landmarks.astype(float))
    found = [from_the_corner(face.landmarks) for face in detector.detect(framed.image)]
    distances = [float(np.linalg.norm((points - TEMPLATE).mean(axis=0))) for points in found]
    if not found or min(distances) > SAME_FACE:
        return landmarks
    points = move(found[int(np.argmin(distances))].astype(float) @ (1, 1j))
    return np.stack([points.real, points.imag], axis=1).astype(np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch compute in one thread: the networks are small, and other processes take the other cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
