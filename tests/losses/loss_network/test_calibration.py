"""The RMS of the loss network's activations."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.config.loading import load_params
from pipeline.data.pixels import to_network
from pipeline.data.sources.celeba import open_celeba
from pipeline.data.views import aligned
from pipeline.losses.loss_network import sources
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.network import build_prefix
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS
from tests.data.pictures import decode
from tests.tiny import PARAMS, faces, random_weights

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


def test_random_activations_neither_vanish_nor_explode():
    rms = measure_rms(sources.random_weights(0), torch.from_numpy(faces(4, size=64)))
    assert tuple(rms) == LAYERS
    assert all(0.2 < value < 2 for value in rms.values()), rms


def test_rms_by_hand():
    weights, pixels = random_weights("relu1_2"), torch.from_numpy(faces(5))
    activations = build_prefix(weights, ["relu1_1", "relu1_2"])(to_network(pixels))
    rms = measure_rms(weights, pixels)
    for layer, activation in activations.items():
        assert rms[layer] == pytest.approx(float(np.sqrt(np.mean(activation.numpy().astype(float) ** 2))), rel=1e-5)


def test_rms_does_not_depend_on_the_batch_size():
    weights, pixels = random_weights("relu2_1"), torch.from_numpy(faces(20))
    pixels[13:] //= 4  # so that a wrong weight of the short last batch shows
    whole = measure_rms(weights, pixels, batch_size=20)
    for batch_size in (1, 7, 13, 64):
        assert measure_rms(weights, pixels, batch_size) == pytest.approx(whole, rel=1e-5)


def test_rms_is_measured_in_float32_under_autocast_too():
    weights, pixels = random_weights("relu2_1"), torch.from_numpy(faces(4))
    with torch.autocast("cpu", torch.bfloat16):
        under_autocast = measure_rms(weights, pixels)
    assert under_autocast == measure_rms(weights, pixels)


def test_the_papers_network_on_real_faces_has_the_reference_rms():
    path, celeba = SHARED / "vgg19" / "vgg19_features_to_relu5_1.pth", SHARED / "celeba"
    if not path.is_file() or not celeba.is_dir():
        pytest.skip("no VGG-19 or no CelebA in ../shared")
    weights = sources.get_weights("file", str(path), seed=0)
    weights = {name: weights[name] for name in parameter_shapes("relu3_4")}
    images = open_celeba(celeba).images
    pixels = np.stack([aligned.crop(decode(image_id, images.read(image_id), images.path), 64)
                       for image_id in (f"{number:06}.jpg" for number in range(1, 201))])
    rms = measure_rms(weights, torch.from_numpy(pixels))
    reference = load_params(PARAMS).loss["reference_rms"]
    assert list(rms) == list(LAYERS[:8])
    assert rms == pytest.approx({layer: reference[layer] for layer in rms}, rel=0.05)
