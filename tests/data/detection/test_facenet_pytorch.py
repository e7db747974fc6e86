"""Against facenet-pytorch itself: `pip install --no-deps facenet-pytorch==2.6.0` in an environment of your own."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.celeba_layout import POINTS
from pipeline.data.detection.detector import Detector
from pipeline.data.detection.weights import read_networks

facenet = pytest.importorskip("facenet_pytorch", reason="facenet-pytorch is not installed: it pins an old torch")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights() -> Path:
    return Path(facenet.__file__).parent / "data"


@pytest.fixture(scope="module")
def theirs():
    return facenet.MTCNN(keep_all=True, device=CPU)


@pytest.fixture(scope="module")
def astronaut() -> Image.Image:
    """A photograph that scikit-image has with it."""
    from skimage import data

    return Image.fromarray(data.astronaut())


def test_the_networks_give_the_same(weights, theirs):
    propose, refine, output = read_networks(weights)
    images = torch.rand(4, 3, 48, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        for ours, other, side in ((propose, theirs.pnet, 40), (refine, theirs.rnet, 24)):
            given = images[..., :side, :side]
            (probability, corrections), (b, a) = ours(given), other(given)
            assert torch.allclose(probability, a[:, 1], atol=1e-6) and torch.allclose(corrections, b, atol=1e-6)
        (probability, corrections, landmarks), (b, c, a) = output(images), theirs.onet(images)
    assert torch.allclose(probability, a[:, 1], atol=1e-6) and torch.allclose(corrections, b, atol=1e-6)
    assert torch.allclose(landmarks[..., 0], c[:, :5], atol=1e-6)
    assert torch.allclose(landmarks[..., 1], c[:, 5:], atol=1e-6)


def test_the_boxes_are_the_same_and_the_landmarks_lie_a_pixel_nearer_to_the_corner(weights, theirs, astronaut):
    boxes, probabilities, landmarks = theirs.detect(astronaut, landmarks=True)
    faces = Detector(weights, CPU).detect(astronaut)
    assert len(faces) == len(boxes) >= 1
    assert np.abs(np.array([face.box for face in faces]) - boxes).max() < 1e-3
    assert np.abs(np.array([face.probability for face in faces]) - probabilities).max() < 1e-5
    nearer = landmarks - np.array([face.landmarks for face in faces])
    assert nearer.min() > 0.4 and nearer.max() < 1.6  # 0.5, and up to 1 that rounding has cut off


def test_points_have_the_order_of_the_layout(weights, astronaut):
    points = dict(zip(POINTS, Detector(weights, CPU).detect(astronaut)[0].landmarks, strict=True))
    assert points["lefteye"][0] < points["nose"][0] < points["righteye"][0]
    assert points["leftmouth"][0] < points["rightmouth"][0]
    assert points["lefteye"][1] < points["nose"][1] < points["leftmouth"][1]
