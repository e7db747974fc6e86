"""The landmarks of the one face that a picture shows."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from PIL import Image

from pipeline.data.alignment import check_landmarks
from pipeline.data.detection.detector import Detector
from pipeline.errors import InputError

OTHER_FACE = 0.5  # another face counts from this share of the largest one's width; smaller ones are in the background


def find_face(detector: Detector, image: Image.Image, name: str) -> np.ndarray:
    """Return the five landmarks of a picture's face.

    Of several faces the largest is taken, if all others are less than OTHER_FACE as wide. The result is the same for
    any number of torch's threads.

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
        raise InputError(f"{name} shows no face that the detector finds: take it out, or give its landmarks in a table")
    widths = [face.box[2] - face.box[0] for face in faces]
    large = sum(width >= OTHER_FACE * max(widths) for width in widths)
    if large > 1:
        raise InputError(f"{name} shows {large} faces of similar size: cut it to one, or take it out")
    landmarks = faces[int(np.argmax(widths))].landmarks + np.float32(0.5)
    try:
        check_landmarks(landmarks.astype(float), image.size, name)
    except InputError as error:
        raise InputError(f"{name} shows a face whose eyes, nose and mouth the detector does not place: take it out, or "
                         "give its landmarks in a table") from error
    return landmarks


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch compute in one thread: the networks are small, and other processes take the other cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
