import pickle

import numpy as np
import pytest
from PIL import Image

from pipeline.data.alignment import align, frame_square
from pipeline.data.celeba_layout import TEMPLATE
from pipeline.data.framing import Framing, resolve
from pipeline.drawn_faces.dataset import draw_numbered_face
from pipeline.errors import InputError
from tests.data.pictures import dataset_of, decode, encoded

_, FACE, LANDMARKS = draw_numbered_face(7, 1)
SMALL = Image.fromarray(FACE)  # 178×218
WIDE = SMALL.resize((356, 436)).crop((-80, 0, 436, 436))
WIDE_LANDMARKS = LANDMARKS * 2 + np.array([80, 0])
AS_CELEBA = resolve("auto", dataset_of({}), celeba=True)


def refusals(framing: Framing, data: bytes, landmarks=None) -> str:
    """The message of `frame`, which must be that of `check`."""
    messages = []
    for use in (framing.frame, framing.check):
        with pytest.raises(InputError) as caught:
            use("b.jpg", data, "photos", landmarks)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    return messages[0]


def test_none_leaves_a_picture_as_it_is(drawn):
    stored = drawn.jpeg(3)
    for landmarks in (None, np.asarray(drawn.landmarks(3), np.int16)):
        image, found = AS_CELEBA.frame("a.jpg", stored, "here", landmarks)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(decode("a.jpg", stored, "here")))
        assert (found is None) if landmarks is None else (found.dtype == np.int16 and (found == landmarks).all())
    AS_CELEBA.check("a.jpg", stored, "here", None)
    assert Framing("none").frame("a", stored, "", TEMPLATE + 0.6).landmarks.tolist() == (TEMPLATE + 1).tolist()


@pytest.mark.parametrize("data", [b"", b"<html>", encoded(SMALL)[:900], encoded(WIDE)])
def test_celeba_is_refused_as_ever(data):
    with pytest.raises(InputError) as caught:
        decode("b.jpg", data, "photos")
    assert refusals(AS_CELEBA, data) == str(caught.value)


def test_none_refuses_another_size_and_points_that_are_none():
    assert refusals(Framing("none"), encoded(WIDE)) == (
        "b.jpg in photos is 516×436 pixels instead of 178×218: set data.align to landmarks, detect or crop")
    assert "landmarks that are not 5 points" in refusals(Framing("none"), encoded(SMALL), TEMPLATE * np.nan)
    assert "all landmarks in one place" in refusals(Framing("none"), encoded(SMALL), TEMPLATE * 0)
    exchanged = TEMPLATE[[1, 0, 2, 4, 3]]
    assert "landmarks that do not lie as in a face" in refusals(Framing("none"), encoded(SMALL), exchanged)


@pytest.mark.parametrize("way", ["landmarks", "detect"])
def test_landmarks_align(way):
    stored = encoded(WIDE, "PNG")
    image, landmarks = Framing(way).frame("a.png", stored, "here", WIDE_LANDMARKS.astype(np.float32))
    wanted = align(WIDE, WIDE_LANDMARKS, "")
    np.testing.assert_array_equal(np.asarray(image), np.asarray(wanted.image))
    np.testing.assert_array_equal(landmarks, wanted.landmarks)
    Framing(way).check("a.png", stored, "here", WIDE_LANDMARKS)
    assert "outside its 516×436 pixels" in refusals(Framing(way), stored, WIDE_LANDMARKS + 600)
    middle = WIDE_LANDMARKS.mean(axis=0)  # in the picture, and the points of a thumbnail's picture around it
    assert "outside its 516×436 pixels" in refusals(Framing(way), stored, (WIDE_LANDMARKS - middle) * 20 + middle)
    assert "do not lie as in a face" in refusals(Framing(way), stored, WIDE_LANDMARKS[[1, 0, 2, 4, 3]])


def test_landmarks_are_in_pixels_of_the_upright_picture():
    exif = Image.Exif()
    exif[0x112] = 6
    stored = encoded(WIDE.transpose(Image.Transpose.ROTATE_90), exif=exif, quality=98)
    at_the_right = WIDE_LANDMARKS + np.array([200, -100])  # x is above the 436 pixels of the stored picture's width
    Framing("landmarks").check("a", stored, "", at_the_right)
    found = np.asarray(Framing("landmarks").frame("a", stored, "", WIDE_LANDMARKS).image).astype(int)
    assert np.abs(found - np.asarray(align(WIDE, WIDE_LANDMARKS, "").image)).mean() < 4


@pytest.mark.parametrize("size", [(1, 1), (3000, 15), (15, 16)])
def test_crop_refuses_what_can_show_no_face(size):
    for call in (Framing("crop").frame, Framing("crop").check):
        with pytest.raises(InputError, match=f"^a.png in here is {size[0]}×{size[1]} pixels, too small for a face"):
            call("a.png", encoded(Image.new("RGB", size), "PNG"), "here", None)
    Framing("crop").check("a.png", encoded(Image.new("RGB", (16, 16)), "PNG"), "here", None)


def test_crop_needs_no_landmarks_and_has_none():
    image, landmarks = Framing("crop").frame("a", encoded(WIDE, "PNG"), "here", WIDE_LANDMARKS)
    assert landmarks is None and image.size == (178, 218)
    np.testing.assert_array_equal(np.asarray(image), np.asarray(frame_square(WIDE)))
    assert "is damaged or cut short: replace it" in refusals(Framing("crop"), encoded(WIDE)[:2000])


@pytest.mark.parametrize("landmarks", [False, True])
@pytest.mark.parametrize(("first", "with_landmarks", "without"), [
    (SMALL, "none", "none"), (WIDE, "landmarks", "crop"), (SMALL.rotate(90, expand=True), "landmarks", "crop")])
def test_auto_follows_the_first_picture_that_can_be_read(landmarks, first, with_landmarks, without):
    stored = {"a": None, "b": b"<html>", "c": encoded(first), "d": encoded(WIDE)}
    dataset = dataset_of(stored, np.array([TEMPLATE] * 4) if landmarks else None)
    assert resolve("auto", dataset) == Framing(with_landmarks if landmarks else without)


def test_choices_that_the_data_do_not_allow():
    dataset = dataset_of({"a": b"", "b": b"<html>"})
    with pytest.raises(InputError, match="data.align is landmarks, but the data set has no landmarks; name a table"):
        resolve("landmarks", dataset)
    with pytest.raises(InputError, match="^a in photos is empty"):
        resolve("auto", dataset)
    with pytest.raises(InputError, match="photos holds no image"):
        resolve("auto", dataset_of({}))
    assert [resolve(choice, dataset).way for choice in ("none", "crop", "detect")] == ["none", "crop", "detect"]


@pytest.mark.parametrize(("choice", "way"), [("auto", "none"), ("none", "none"), ("landmarks", "landmarks"),
                                             ("detect", "detect"), ("crop", "crop")])
def test_of_celeba_no_image_is_read_to_choose(choice, way):
    framing = resolve(choice, dataset_of({"a": None}), celeba=True)
    assert framing.way == way and framing.remedy == "download it again"


def test_a_framing_can_be_pickled():
    assert pickle.loads(pickle.dumps(AS_CELEBA)) == AS_CELEBA


@pytest.mark.parametrize("way", ["none", "crop", "landmarks"])
@pytest.mark.parametrize("form", ["L", "CMYK", "P", "LA", "RGBA", "I;16", "1"])
def test_colours_of_all_kinds_come_out_as_rgb(way, form):
    if form == "I;16":
        image = Image.fromarray(np.asarray(SMALL.convert("L")).astype(np.uint16) * 257)
    else:
        image = SMALL.quantize(128) if form == "P" else SMALL.convert(form)
    data = encoded(image, "JPEG" if form == "CMYK" else "PNG")
    Framing(way).check("a", data, "here", LANDMARKS)
    framed = Framing(way).frame("a", data, "here", LANDMARKS)
    assert framed.image.mode == "RGB" and framed.image.size == (178, 218)
    reference = Framing(way).frame("a", encoded(SMALL, "PNG"), "here", LANDMARKS).image.convert("L")
    error = np.abs(np.asarray(framed.image.convert("L")).astype(int) - np.asarray(reference)).mean()
    assert error < (90 if form == "1" else 8)
