import os
import pickle
import socket
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.detection import detector as detector_module
from pipeline.data.detection.detector import Detector
from pipeline.parallel import in_processes
from tests.data.detection.conftest import PLACES

CPU = torch.device("cpu")


def spots(width: int, height: int, *places: tuple[float, float, float]) -> Image.Image:
    """Bright round spots on black: x and y of the middle, and the standard deviation, in pixels."""
    y, x = np.mgrid[:height, :width]
    light = sum(np.exp(-((x - left) ** 2 + (y - top) ** 2) / (2 * size ** 2)) for left, top, size in places)
    return Image.fromarray((255 * np.clip(light, 0, 1)).round().astype(np.uint8)).convert("RGB")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The networks are small: on a busy machine several threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def detector(spot_weights) -> Detector:
    return Detector(spot_weights, CPU)


def middle(face) -> np.ndarray:
    return np.array([face.box[0] + face.box[2], face.box[1] + face.box[3]]) / 2


@pytest.mark.parametrize("size", [7, 10, 14, 20])
@pytest.mark.parametrize("place", [(115, 80), (120, 85), (140, 130)])
def test_a_spot_is_found_where_it_is_at_any_size(detector, place, size):
    face, = detector.detect(spots(260, 220, (*place, size)))
    assert np.abs(middle(face) - place).max() < 1.5 * size
    assert 5 < (face.box[2] - face.box[0]) / size < 16
    assert 0.7 < face.probability <= 1


def test_two_spots_come_largest_first(detector):
    large, small = detector.detect(spots(400, 250, (70, 60, 7), (270, 130, 14)))
    assert middle(large)[0] > 200 > middle(small)[0]


def test_landmarks_are_x_and_y_in_the_window(detector):
    face, = detector.detect(spots(260, 220, (115, 80, 10)))
    left, top, right, bottom = face.box
    assert face.landmarks.shape == (5, 2) and face.landmarks.dtype == np.float32
    assert np.abs((face.landmarks[:, 0] - left) / (right - left) - PLACES[:5]).max() < 0.06
    assert np.abs((face.landmarks[:, 1] - top) / (bottom - top) - PLACES[5:]).max() < 0.06


def test_a_large_picture_gives_points_in_its_own_pixels(detector):
    picture = spots(1024, 768, (400, 350, 60))
    small, = detector.detect(picture)
    large, = detector.detect(picture.resize((3072, 2304), Image.Resampling.NEAREST))
    assert np.abs((large.landmarks + 0.5) / 3 - 0.5 - small.landmarks).max() < 1e-3
    assert np.abs((np.array(large.box) + 0.5) / 3 - 0.5 - small.box).max() < 1e-3


@pytest.mark.parametrize("size", [(1, 1), (19, 300), (300, 200)])
def test_nothing_is_found_where_nothing_is(detector, size):
    assert detector.detect(Image.new("RGB", size, (90, 90, 90))) == []


def test_a_pickled_detector_finds_the_same_and_the_first_goes_on(detector):
    picture = spots(260, 220, (115, 80, 10))
    copy = pickle.loads(pickle.dumps(detector))
    ours, = detector.detect(picture)
    theirs, = copy.detect(picture)
    assert np.allclose(theirs.landmarks, ours.landmarks, atol=1e-3)
    again, = detector.detect(picture)
    assert np.array_equal(again.landmarks, ours.landmarks) and again.box == ours.box


def test_processes_of_a_run_take_its_device_and_no_gpu_of_their_own(detector, monkeypatch):
    asked = []
    monkeypatch.setattr(detector_module, "best_device", lambda: asked.append(1) or CPU)
    detector.device = torch.device("meta")  # such as cuda:3
    stored, here = pickle.dumps(detector), os.getpid()
    monkeypatch.setattr(os, "getppid", lambda: here)
    assert pickle.loads(stored).device.type == "meta" and not asked
    monkeypatch.setattr(os, "getppid", lambda: here + 1)  # a worker of a cluster
    assert pickle.loads(stored).device.type == "cpu" and asked == [1]
    monkeypatch.setattr(os, "getppid", lambda: here)
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    assert pickle.loads(stored).device.type == "cpu" and asked == [1, 1]


def parent_of(shared: None, item: int) -> int:
    return os.getppid()


def test_processes_of_a_map_know_their_parent():
    assert set(in_processes(2)(parent_of, None, range(4))) == {os.getpid()}
