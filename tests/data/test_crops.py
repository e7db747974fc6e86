import io

import numpy as np
import pytest
from PIL import Image

from pipeline.data.crops import ALIGNED_BOX, FACE_BOX, TEMPLATE, VIEWS, aligned_crop, landmark_crop


@pytest.fixture
def picture(drawn) -> Image.Image:
    return Image.open(io.BytesIO(drawn.jpeg(5)))


def moved(image: Image.Image, degrees: float, scale: float, shift: tuple[float, float]):
    """The image turned and scaled about its middle and shifted, and TEMPLATE carried along."""
    angle, middle = np.deg2rad(degrees), np.array([89.0, 109.0])
    forth = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(forth)
    offset = middle - back @ (middle + shift)
    turned = image.transform(image.size, Image.Transform.AFFINE,
                             (*back[0], offset[0], *back[1], offset[1]), Image.Resampling.BICUBIC)
    return turned, (TEMPLATE - middle) @ forth.T + middle + shift


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [32, 64, 128])
def test_every_view_has_one_form(picture, view, size):
    crop = VIEWS[view](picture, size, TEMPLATE)
    assert crop.shape == (3, size, size) and crop.dtype == np.uint8


def test_aligned_box_is_larsens():
    left, top, right, bottom = ALIGNED_BOX
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[40:188, 15:163] = (255, 128, 7)
    crop = aligned_crop(Image.fromarray(pixels), 148)
    assert (right - left, bottom - top) == (148, 148)
    np.testing.assert_array_equal(crop, np.broadcast_to(np.array([255, 128, 7])[:, None, None], (3, 148, 148)))


def test_aligned_crop_is_antialiased():
    stripes = np.zeros((218, 178, 3), np.uint8)
    stripes[:, ::2] = 255
    assert aligned_crop(Image.fromarray(stripes), 32).std() < 20


def test_landmark_crop_of_the_template_is_the_face_box(picture):
    expected = np.asarray(picture.resize((64, 64), Image.Resampling.BOX, box=FACE_BOX)).transpose(2, 0, 1)
    crop = landmark_crop(picture, 64, TEMPLATE.astype(np.int16))
    assert np.abs(crop.astype(int) - expected).mean() < 1.5


@pytest.mark.parametrize(("degrees", "scale", "shift"), [(0, 1, (6, -4)), (15, 1, (0, 0)), (-10, 0.8, (3, 5))])
def test_landmark_crop_follows_the_face(picture, degrees, scale, shift):
    straight = landmark_crop(picture, 64, TEMPLATE).astype(int)
    image, landmarks = moved(picture, degrees, scale, shift)
    again = landmark_crop(image, 64, landmarks)
    inner = (slice(None), slice(8, 56), slice(8, 56))
    assert np.abs(straight - again)[inner].mean() < 3


def test_outside_the_image_its_edge_goes_on():
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[:, :89], pixels[:, 89:] = 40, 200
    crop = landmark_crop(Image.fromarray(pixels), 64, TEMPLATE + (90, 100))
    assert (crop[:, :, 32:] == 200).all() and (crop > 0).all()
