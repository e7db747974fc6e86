import io

import numpy as np
import pytest
from PIL import Image

from pipeline.data.celeba_layout import TEMPLATE
from pipeline.data.prepare import all_views
from pipeline.data.views import aligned, landmark
from pipeline.errors import InputError
from pipeline.vocabulary import VIEWS, choices

CROPS = all_views()
UPRIGHT = {"landmark": (32.5, 72, 144.5, 184), "eyes": (56.5, 79, 120.5, 143), "mouth": (60.5, 124, 116.5, 180)}


@pytest.fixture
def picture(drawn) -> Image.Image:
    return Image.open(io.BytesIO(drawn.jpeg(5)))


def moved(image: Image.Image, degrees: float, scale: float, shift: tuple[float, float]):
    """Turn and scale the image about its middle and shift it; return it, and TEMPLATE moved likewise."""
    angle, middle = np.deg2rad(degrees), np.array([89.0, 109.0])
    forth = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(forth)
    offset = middle - back @ (middle + shift)
    turned = image.transform(image.size, Image.Transform.AFFINE,
                             (*back[0], offset[0], *back[1], offset[1]), Image.Resampling.BICUBIC)
    return turned, (TEMPLATE - middle) @ forth.T + middle + shift


@pytest.mark.parametrize("view", choices(VIEWS))
@pytest.mark.parametrize("size", [32, 64, 128])
def test_every_view_has_one_form(picture, view, size):
    crop = CROPS[view](picture, size, TEMPLATE)
    assert crop.shape == (3, size, size) and crop.dtype == np.uint8


def test_the_aligned_view_cuts_the_box_of_larsen_et_al():
    left, top, right, bottom = aligned.ALIGNED_BOX
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[40:188, 15:163] = (255, 128, 7)
    crop = aligned.crop(Image.fromarray(pixels), 148)
    assert (right - left, bottom - top) == (148, 148)
    np.testing.assert_array_equal(crop, np.broadcast_to(np.array([255, 128, 7])[:, None, None], (3, 148, 148)))


def test_aligned_crop_is_antialiased():
    stripes = np.zeros((218, 178, 3), np.uint8)
    stripes[:, ::2] = 255
    assert aligned.crop(Image.fromarray(stripes), 32).std() < 20


@pytest.mark.parametrize(("view", "box"), UPRIGHT.items())
def test_upright_crops_of_the_template_are_their_boxes(picture, view, box):
    expected = np.asarray(picture.resize((64, 64), Image.Resampling.BILINEAR, box=box)).transpose(2, 0, 1)
    crop = CROPS[view](picture, 64, TEMPLATE.astype(np.int16))
    assert np.abs(crop.astype(int) - expected).mean() < 1.5


@pytest.mark.parametrize("view", UPRIGHT)
@pytest.mark.parametrize(("degrees", "scale", "shift"), [(0, 1, (6, -4)), (15, 1, (0, 0)), (-10, 0.8, (3, 5))])
def test_upright_crops_follow_the_face(picture, view, degrees, scale, shift):
    straight = CROPS[view](picture, 64, TEMPLATE).astype(int)
    image, landmarks = moved(picture, degrees, scale, shift)
    again = CROPS[view](image, 64, landmarks)
    inner = (slice(None), slice(8, 56), slice(8, 56))
    assert np.abs(straight - again)[inner].mean() < 3


def test_each_box_holds_what_its_view_is_named_after():
    eyes, mouth = TEMPLATE[:2], TEMPLATE[3:]
    for points, own, other in ((eyes, "eyes", "mouth"), (mouth, "mouth", "eyes")):
        for view, inside in ((own, True), (other, False), ("landmark", True)):
            left, top, right, bottom = UPRIGHT[view]
            assert all((left < x < right and top < y < bottom) == inside for x, y in points)


def test_the_flipped_view_mirrors_the_aligned_one(picture):
    flipped = CROPS["flipped"](picture, 64, TEMPLATE + 9)
    np.testing.assert_array_equal(flipped[:, :, ::-1], aligned.crop(picture, 64))
    assert not np.array_equal(flipped, aligned.crop(picture, 64))


def test_every_view_has_a_description_of_its_own():
    descriptions = [crop.__doc__ for crop in CROPS.values()]
    assert all("RGB image" in text for text in descriptions) and len(set(descriptions)) == len(CROPS) == 5


def test_pixels_outside_the_image_repeat_its_edge():
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[:, :89], pixels[:, 89:] = 40, 200
    crop = landmark.crop(Image.fromarray(pixels), 64, TEMPLATE + np.array((90, 100)))
    assert (crop[:, :, 32:] == 200).all() and (crop > 0).all()


def test_a_view_is_a_file(picture, own_choice):
    own_choice(VIEWS, "upper_half", "def crop(image, size, landmarks): return 7")
    crops = all_views()
    assert list(crops) == ["aligned", "eyes", "flipped", "landmark", "mouth", "upper_half"] == list(choices(VIEWS))
    assert crops["upper_half"](picture, 64, TEMPLATE) == 7 and crops["eyes"] is CROPS["eyes"]


def test_a_view_without_a_crop_is_refused(own_choice):
    own_choice(VIEWS, "upper_half", "")
    with pytest.raises(InputError, match="^pipeline/data/views/upper_half.py has no function crop; write it, as the "
                                         "other views have it$"):
        all_views()
