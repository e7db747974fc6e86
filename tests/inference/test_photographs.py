"""Pictures of any kind come to what the encoder sees in the way in which training images did."""

import numpy as np
import pytest
from PIL import Image

from pipeline.data.framing import Framing
from pipeline.data.views import aligned
from pipeline.errors import InputError
from pipeline.inference.photographs import to_pixels

S = 32


def prepared(way: str, file, landmarks=None) -> np.ndarray:
    """Return uint8 3×S×S, cut as the stage prepare does."""
    return aligned.crop(Framing(way).frame(file.name, file.read_bytes(), file.parent, landmarks).image, S)


@pytest.fixture
def large(project, tmp_path):
    """The drawn face in a picture of another size, in the middle."""
    image = Image.open(project.folder / "other.png")
    Image.fromarray(np.pad(np.asarray(image), ((60, 20), (150, 90), (0, 0)), mode="edge")).save(tmp_path / "large.png")
    return tmp_path / "large.png"


def test_every_way_is_that_of_the_stage_prepare(project, large):
    np.testing.assert_array_equal(to_pixels(project.face, S)[0], prepared("none", project.face))
    np.testing.assert_array_equal(to_pixels(project.face, S, "crop")[0], prepared("crop", project.face))
    np.testing.assert_array_equal(to_pixels(large, S)[0], prepared("crop", large))
    points = project.landmarks.astype(float)
    by_points = prepared("landmarks", project.face, points)
    np.testing.assert_array_equal(to_pixels(project.face, S, landmarks=points)[0], by_points)
    np.testing.assert_array_equal(to_pixels([project.face], S, "landmarks", points[None])[0], by_points)
    assert not np.array_equal(by_points, prepared("crop", project.face))


def test_paths_pictures_and_arrays_are_the_same(project):
    expected = to_pixels(project.face, S)
    image = Image.open(project.face)
    array = np.asarray(image)
    for given in (str(project.face), image, array, array.transpose(2, 0, 1), array / 255, np.float32(array) / 255,
                  [array], array[None]):
        np.testing.assert_array_equal(to_pixels(given, S), expected)
    turned = image.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6  # a telephone's: shown turned by a quarter
    np.testing.assert_array_equal(to_pixels(turned, S), expected)
    grey = image.convert("L")
    np.testing.assert_array_equal(to_pixels(grey, S), to_pixels(grey.convert("RGB"), S))


def test_several_sizes_at_once(project, large):
    seen = np.random.default_rng(0).integers(0, 256, (S, S, 3), np.uint8)
    pixels = to_pixels([project.face, large, seen], S)
    assert pixels.shape == (3, 3, S, S) and pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels[2].transpose(1, 2, 0), seen)  # S×S is what the encoder sees
    np.testing.assert_array_equal(pixels[1], to_pixels(large, S)[0])


def test_what_is_no_picture_is_refused_in_a_sentence(project, large, tmp_path):
    (tmp_path / "text.jpg").write_text("a face")
    (tmp_path / "note.jpg").write_text("version https://git-lfs.github.com/spec/v1\n")
    face = np.asarray(Image.open(project.face))
    for given, options, message in (
            (tmp_path / "gone.jpg", {}, "gone.jpg does not exist"),
            (tmp_path / "text.jpg", {}, "damaged or not an image"),
            (tmp_path / "note.jpg", {}, "git lfs pull"),
            (tmp_path, {}, "is not a file"),
            ([], {}, "no picture in the list"),
            (None, {}, "a NoneType is no picture"),
            (face[..., 0], {}, r"picture 1 is an array of shape \(218, 178\)"),
            ([face[..., :2]], {}, r"picture 1 is an array of shape \(218, 178, 2\)"),
            (face / 127.5 - 1, {}, r"floats must lie in 0 … 1, so give \(x \+ 1\) / 2"),
            (face.astype(int), {}, "array of int64; give uint8"),
            (face[:10, :10], {}, "too small for a face"),
            (large, {"align": "none"}, "instead of 178×218"),
            (large, {"align": "middle"}, "align is 'middle'; it must be one of auto, none"),
            (large, {"align": "landmarks"}, "there are none; give landmarks="),
            (large, {"align": "detect"}, "`make detector` fetches it"),
            (large, {"landmarks": project.landmarks[:4]}, r"landmarks have shape \(4, 2\)"),
            (large, {"landmarks": project.landmarks, "align": "crop"}, "but align is crop"),
            (project.face, {"landmarks": project.landmarks[[1, 0, 2, 4, 3]]}, "do not lie as in a face")):
        with pytest.raises(InputError, match=message) as refused:
            to_pixels(given, S, **options)
        assert "\n" not in str(refused.value)
