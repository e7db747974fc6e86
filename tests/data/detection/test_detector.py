import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.detection.detector import Detector
from tests.data.detection.conftest import PLACES

CPU = torch.device("cpu")


def dark(width: int, height: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.fixture
def detector(spot_weights) -> Detector:
    return Detector(spot_weights, CPU)


def middle(face) -> np.ndarray:
    return np.array([face.box[0] + face.box[2], face.box[1] + face.box[3]]) / 2


@pytest.mark.parametrize("side", [14, 30, 70])
def test_a_spot_is_found_where_it_is_at_any_size(detector, side):
    pixels = dark(260, 220)
    pixels[60:60 + side, 100:100 + side] = 255
    face, = detector.detect(Image.fromarray(pixels))
    assert np.abs(middle(face) - (100 + side / 2, 60 + side / 2)).max() < 0.25 * side + 3
    assert 1 < (face.box[2] - face.box[0]) / side < 4.5
    assert 0.7 < face.probability <= 1


def test_two_spots_come_largest_first(detector):
    pixels = dark(400, 250)
    pixels[50:74, 60:84] = 255
    pixels[100:160, 250:310] = 255
    large, small = detector.detect(Image.fromarray(pixels))
    assert middle(large)[0] > 200 > middle(small)[0]


def test_landmarks_are_x_and_y_in_the_window(detector):
    pixels = dark(200, 150)
    pixels[60:90, 80:110] = 255
    face, = detector.detect(Image.fromarray(pixels))
    left, top, right, bottom = face.box
    assert face.landmarks.shape == (5, 2) and face.landmarks.dtype == np.float32
    assert np.abs((face.landmarks[:, 0] - left) / (right - left) - PLACES[:5]).max() < 0.06
    assert np.abs((face.landmarks[:, 1] - top) / (bottom - top) - PLACES[5:]).max() < 0.06


def test_a_picture_moved_moves_the_face_by_as_much(detector):
    pixels = dark(220, 180)
    pixels[60:90, 80:110] = 255
    before, = detector.detect(Image.fromarray(pixels))
    after, = detector.detect(Image.fromarray(np.pad(pixels, ((22, 0), (44, 0), (0, 0)))))
    assert np.abs(after.landmarks - before.landmarks - (44, 22)).max() < 4


def test_a_large_picture_gives_points_in_its_own_pixels(detector):
    pixels = dark(320, 240)
    pixels[90:130, 120:160] = 255
    small, = detector.detect(Image.fromarray(pixels).resize((1024, 768), Image.Resampling.NEAREST))
    large, = detector.detect(Image.fromarray(pixels).resize((4096, 3072), Image.Resampling.NEAREST))
    assert np.abs((large.landmarks + 0.5) / 4 - 0.5 - small.landmarks).max() < 1e-3


@pytest.mark.parametrize("size", [(1, 1), (19, 300), (300, 200)])
def test_nothing_is_found_where_nothing_is(detector, size):
    assert detector.detect(Image.new("RGB", size, (90, 90, 90))) == []


def test_a_pickled_detector_finds_the_same_and_the_first_goes_on(detector):
    pixels = dark(200, 150)
    pixels[60:90, 80:110] = 255
    picture = Image.fromarray(pixels)
    copy = pickle.loads(pickle.dumps(detector))
    ours, = detector.detect(picture)
    theirs, = copy.detect(picture)
    assert np.allclose(theirs.landmarks, ours.landmarks, atol=1e-3)
    again, = detector.detect(picture)
    assert np.array_equal(again.landmarks, ours.landmarks) and again.box == ours.box
