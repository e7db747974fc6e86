"""How the pictures of one data set come to CelebA's frame of 178×218 pixels, in which the views cut: data.align."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from pipeline.data.alignment import align, check_landmarks, check_points, frame_square
from pipeline.data.celeba_layout import HEIGHT, WIDTH
from pipeline.data.dataset import Dataset
from pipeline.data.picture import REMEDY, check_picture, read_picture
from pipeline.errors import InputError

Way = Literal["none", "landmarks", "crop", "detect"]
Choice = Literal["auto", "none", "landmarks", "crop", "detect"]
SMALLEST_CROP = 16  # pixels of the shorter side; no face can be seen in fewer
CELEBA_REMEDY = "download it again"
CELEBA_SIZE_REMEDY = "use CelebA's aligned and cropped images (img_align_celeba)"


class Framed(NamedTuple):
    """A picture in CelebA's frame."""

    image: Image.Image  # RGB, 178×218
    landmarks: np.ndarray | None  # int16 5×2: x, y of POINTS in its pixels; None where they are not known


@dataclass(frozen=True)
class Framing:
    """How the pictures of one data set come to CelebA's frame. It can be pickled.

    Attributes:
        way: "none": they have 178×218 pixels and stay as they are; landmarks, if any, are in their pixels.
            "landmarks": `alignment.align`, which turns, scales and shifts the face to CelebA's template.
            "detect": the same with landmarks that the stage dataset has found.
            "crop": `alignment.frame_square`; there are no landmarks then.
        remedy: what the user can do about a broken picture: the end of the sentence.
        size_remedy: the same about a picture of another size, where the way is "none".
    """

    way: Way
    remedy: str = REMEDY
    size_remedy: str = "set data.align to landmarks, detect or crop"

    def frame(self, image_id: str, data: bytes, where: str | Path, landmarks: np.ndarray | None) -> Framed:
        """Decode a picture and bring it to CelebA's frame.

        Args:
            image_id: its name, for messages.
            data: the encoded bytes.
            where: the folder or file it comes from, for messages.
            landmarks: 5×2, x and y of POINTS in pixels of the upright picture, or None. "landmarks" and "detect" need
                them, and "crop" leaves them out.

        Raises:
            InputError: the bytes are no picture, it has another size than it must have, or the landmarks are no face
                of this picture.
        """
        image = read_picture(image_id, data, where, self.remedy)
        name = f"{image_id} in {where}"
        if self.way == "crop":
            self._check_large_enough(image.size, name)
            return Framed(frame_square(image), None)
        if self.way == "none":
            self._check_as_it_is(image.size, name, landmarks)
            return Framed(image, None if landmarks is None else np.rint(landmarks).astype(np.int16))
        return Framed(*align(image, _needed(landmarks), name))

    def check(self, image_id: str, data: bytes, where: str | Path, landmarks: np.ndarray | None) -> None:
        """Raise the InputError that `frame` would raise, in less time. Landmarks may still be missing for "detect"."""
        size = check_picture(image_id, data, where, self.remedy)
        name = f"{image_id} in {where}"
        if self.way == "none":
            self._check_as_it_is(size, name, landmarks)
        elif self.way == "crop":
            self._check_large_enough(size, name)
        elif self.way == "landmarks" or (self.way == "detect" and landmarks is not None):
            check_landmarks(np.asarray(_needed(landmarks), float), size, name)

    def _check_large_enough(self, size: tuple[int, int], name: str) -> None:
        """Raise InputError for a picture that is too small to be cropped to a face."""
        if min(size) < SMALLEST_CROP:
            raise InputError(f"{name} is {size[0]}×{size[1]} pixels, too small for a face: {self.remedy}")

    def _check_as_it_is(self, size: tuple[int, int], name: str, landmarks: np.ndarray | None) -> None:
        """Raise InputError unless a picture can stay as it is."""
        if size != (WIDTH, HEIGHT):
            raise InputError(f"{name} is {size[0]}×{size[1]} pixels instead of {WIDTH}×{HEIGHT}: {self.size_remedy}")
        if landmarks is not None:
            check_points(landmarks, name)
            if self.remedy != CELEBA_REMEDY:  # tables of the user's own may have left and right exchanged
                check_landmarks(np.asarray(landmarks, float), size, name)


def resolve(choice: Choice, dataset: Dataset, celeba: bool = False) -> Framing:
    """Return how the pictures of a data set come to CelebA's frame.

    Args:
        choice: data.align. "auto" is "none" where the first picture that can be read has 178×218 pixels, else
            "landmarks" where the data set has them, else "crop".
        dataset: the pictures, in their own sizes.
        celeba: they are CelebA's own images, or drawn like them. Then "auto" is "none", and the remedies in messages
            are CelebA's.

    Raises:
        InputError: "landmarks" is chosen and the data set has none, or no picture can be read. The message of the
            second is that of the first picture.
    """
    if celeba:
        choice = "none" if choice == "auto" else choice
        return Framing(choice, CELEBA_REMEDY, CELEBA_SIZE_REMEDY)
    if choice == "landmarks" and dataset.landmarks is None:
        raise InputError("data.align is landmarks, but the data set has no landmarks; name a table with them in "
                         "data.landmarks, or set data.align to detect or crop")
    if choice != "auto":
        return Framing(choice)
    if _first_size(dataset) == (WIDTH, HEIGHT):
        return Framing("none")
    return Framing("crop" if dataset.landmarks is None else "landmarks")


def _first_size(dataset: Dataset) -> tuple[int, int]:
    """Return the size of the first picture that can be read; raise InputError if none can."""
    first_error = InputError(f"{dataset.images.path} holds no image of the data set; give another data.root")
    for number, image_id in enumerate(dataset.image_ids.tolist()):
        try:
            return check_picture(image_id, dataset.images.read(image_id), dataset.images.path)
        except InputError as error:
            if number == 0:
                first_error = error
    raise first_error


def _needed(landmarks: np.ndarray | None) -> np.ndarray:
    if landmarks is None:
        raise ValueError("this way of framing needs landmarks")
    return landmarks
