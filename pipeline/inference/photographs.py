"""From pictures of any kind to what an encoder sees: the view `aligned`, cut as for the training images.

The encoder was trained on faces that all lie alike. So a photograph must come to CelebA's frame first, by one of the
ways of `data.align` (`pipeline.data.framing`):

    none         the picture has CelebA's 178×218 pixels, and the face lies as CelebA aligns it
    landmarks    turn, scale and shift the face by its five landmarks
    detect       the same by landmarks that a detector finds
    crop         take the largest square of the picture, as if it were cut around a face already
    auto         landmarks where some are given; else none for 178×218 pixels, and crop for another size

A picture of S×S pixels, S being the variant's image size, is taken as such a view already, by auto.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from pipeline.data import alignment
from pipeline.data.celeba_layout import HEIGHT, WIDTH
from pipeline.data.framing import SMALLEST_CROP, Choice
from pipeline.data.picture import read_file, read_picture
from pipeline.data.to_rgb import to_rgb
from pipeline.data.views import aligned
from pipeline.errors import InputError

REMEDY = "give another picture"
CHOICES: tuple[Choice, ...] = ("auto", "none", "landmarks", "detect", "crop")
DETECTOR = "data/facenet_pytorch-*.whl"  # where `make detector` puts it


def is_one(images: Any) -> bool:
    """Return whether this is one picture, and not several."""
    return isinstance(images, (str, Path, Image.Image)) or (not isinstance(images, (list, tuple))
                                                            and np.ndim(images) in (2, 3))


def to_pixels(images: Any, size: int, align: Choice = "auto", landmarks: Any = None,
              detector: Path | None = None) -> np.ndarray:
    """Bring pictures to what an encoder sees.

    Args:
        images: a path, a picture of Pillow's, or an array H×W×3 or 3×H×W, uint8 or floats in 0 … 1; or a list of such;
            or an array with one more axis in front.
        size: S, of the encoder's images.
        align: how they come to CelebA's frame; the module says it.
        landmarks: 5×2, x and y of the left eye, the right eye, the nose and the left and right corner of the mouth, as
            the viewer sees them, in pixels of the upright picture; N×5×2 for several pictures.
        detector: the detector's weights, for detect.

    Returns:
        uint8 N×3×S×S, with N = 1 for one picture.

    Raises:
        InputError: one of them is no picture, or cannot be aligned so; the message names it.
    """
    if not isinstance(images, (list, tuple)) and not is_one(images) and np.ndim(images) != 4:
        raise InputError(f"a {type(images).__name__} is no picture; give a path, a picture of Pillow's, an array "
                         "H×W×3, or a list of such")
    pictures = [images] if is_one(images) else list(images)
    if not pictures:
        raise InputError("there is no picture in the list; give at least one")
    if align not in CHOICES:
        raise InputError(f"align is {align!r}; it must be one of {', '.join(CHOICES)}")
    points = _points(landmarks, len(pictures), align)
    find = _finder(detector) if align == "detect" else None
    pixels = np.empty((len(pictures), 3, size, size), np.uint8)
    for number, picture in enumerate(pictures):
        name = str(picture) if isinstance(picture, (str, Path)) else f"picture {number + 1}"
        image = to_image(picture, name)
        if align == "auto" and points is None and image.size == (size, size):
            pixels[number] = np.asarray(image).transpose(2, 0, 1)
        else:
            found = find(image, name) if find else points[number] if points is not None else None
            pixels[number] = aligned.crop(_framed(image, name, align, found), size)
    return pixels


def to_image(picture: Any, name: str) -> Image.Image:
    """Return a picture as an upright RGB image; `picture` is one of `to_pixels`, and `name` stands in messages."""
    if isinstance(picture, (str, Path)):
        path = Path(picture).expanduser()
        if not path.exists():
            raise InputError(f"{path} does not exist; give the path of a picture")
        return read_picture(path.name, read_file(path, REMEDY), path.parent, REMEDY)
    if isinstance(picture, Image.Image):
        return to_rgb(ImageOps.exif_transpose(picture))
    return Image.fromarray(_to_uint8(np.asarray(picture), name))


def _to_uint8(array: np.ndarray, name: str) -> np.ndarray:
    """Return an array H×W×3 or 3×H×W, uint8 or floats in 0 … 1, as uint8 H×W×3."""
    if array.ndim == 3 and array.shape[2] != 3 and array.shape[0] == 3:
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InputError(f"{name} is an array of shape {array.shape}; give H×W×3 or 3×H×W")
    if array.dtype.kind == "f":
        if not (array.min() >= 0 and array.max() <= 1):  # NaN fails too
            raise InputError(f"{name} has values from {array.min():.3g} to {array.max():.3g}; floats must lie in "
                             "0 … 1, so give (x + 1) / 2 if they lie in -1 … 1")
        array = np.rint(array * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise InputError(f"{name} is an array of {array.dtype}; give uint8 in 0 … 255, or floats in 0 … 1")
    return np.ascontiguousarray(array)


def _framed(image: Image.Image, name: str, align: Choice, landmarks: np.ndarray | None) -> Image.Image:
    """Bring an upright picture to CelebA's frame of 178×218 pixels."""
    if landmarks is not None:
        return alignment.align(image, landmarks, name).image
    if align in ("auto", "none") and image.size == (WIDTH, HEIGHT):
        return image
    if align == "none":
        raise InputError(f"{name} is {image.width}×{image.height} pixels instead of {WIDTH}×{HEIGHT}; set align to "
                         "landmarks, detect or crop")
    if min(image.size) < SMALLEST_CROP:
        raise InputError(f"{name} is {image.width}×{image.height} pixels, too small for a face; {REMEDY}")
    return alignment.frame_square(image)


def _points(landmarks: Any, pictures: int, align: Choice) -> np.ndarray | None:
    """Return landmarks as float N×5×2, or None where none are given."""
    if landmarks is None:
        if align == "landmarks":
            raise InputError("align is landmarks, but there are none; give landmarks=, five points of each picture")
        return None
    if align not in ("auto", "landmarks"):
        raise InputError(f"landmarks are given, but align is {align}; set it to landmarks, or leave it out")
    points = np.asarray(landmarks, float)
    points = points[None] if points.ndim == 2 else points
    if points.shape != (pictures, 5, 2):
        raise InputError(f"landmarks have shape {np.shape(landmarks)}; give x and y of five points for each picture, "
                         f"{pictures}×5×2")
    return points


def _finder(detector: Path | None) -> Any:
    """Return a function of an image and its name that finds its landmarks, float 5×2."""
    if detector is None:
        raise InputError(f"a face can only be found by a detector, and the project has none ({DETECTOR}); "
                         "`make detector` fetches it")
    from pipeline.data.detection.detector import Detector
    from pipeline.data.detection.one_face import find_face

    loaded = Detector(detector)
    return lambda image, name: find_face(loaded, image, name).astype(float)


def find_detector(project: Path | None) -> Path | None:
    """Return the detector's weights that `make detector` has put into the project, or None."""
    return None if project is None else next(iter(sorted(project.glob(DETECTOR))), None)
