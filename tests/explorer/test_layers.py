"""Networks as plain layers: they compute what the model computes, and other layers are refused."""

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.explorer.folding import fold
from pipeline.explorer.layers import UnknownLayer, read_layers
from pipeline.explorer.running import as_float16, run
from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.architectures.vae import VAE

CHANNELS = (4, 6, 8, 10)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def trained(module: nn.Module) -> nn.Module:
    """Give batch norms other statistics and weights than new ones have, as training does; return the module."""
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d | nn.BatchNorm1d):
            norm.running_mean.normal_(0, 0.3)
            norm.running_var.uniform_(0.3, 2)
            if norm.affine:
                nn.init.uniform_(norm.weight, 0.5, 1.5)
                nn.init.normal_(norm.bias, 0, 0.3)
    return module.eval().requires_grad_(False)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("architecture", [VAE, DCGAN])
@pytest.mark.parametrize("size", [32, 64])
def test_the_layers_of_a_decoder_make_the_models_faces(architecture, size):
    model, z = trained(architecture(5, size, CHANNELS)), normal(7, 5)
    layers = read_layers([model.decoder], (5, 1, 1))
    faces = model.decode(torch.from_numpy(z)).numpy()
    assert layers[-1].after == (3, size, size) and faces.std() > 0.01
    np.testing.assert_allclose(run(layers, z), faces, rtol=0, atol=1e-5)
    np.testing.assert_allclose(run(layers, z, as_float16(layers)) / 2, faces / 2, rtol=0, atol=1 / 255)


def test_the_layers_of_an_encoder_make_the_models_means():
    model, images = trained(VAE(5, 32, CHANNELS)), normal(7, 3, 32, 32)
    layers = read_layers([model.encoder, model.mu], (3, 32, 32))
    means = model.encode(torch.from_numpy(images))[0].numpy()
    np.testing.assert_allclose(run(layers, images)[..., 0, 0], means, rtol=0, atol=1e-5)


@pytest.mark.parametrize("modules", [
    [nn.Conv2d(2, 3, 5, stride=2, padding=2, padding_mode="replicate"), nn.BatchNorm2d(3), nn.ReLU()],
    [nn.Conv2d(2, 3, 1), nn.Sigmoid(), nn.Dropout(), nn.Identity(), nn.Conv2d(3, 4, 3, padding=1), nn.Tanh()],
    [nn.Upsample(scale_factor=2), nn.Conv2d(2, 3, 3, padding=1), nn.LeakyReLU(0.3)],
    [nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), nn.BatchNorm2d(3, affine=False)],
    [nn.Flatten(), nn.Linear(32, 18), nn.BatchNorm1d(18), nn.Unflatten(1, (2, 3, 3)), nn.Conv2d(2, 2, 3)],
    [nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(32, 6), nn.Unflatten(1, (6, 1, 1))),
                   nn.ConvTranspose2d(6, 2, 3, bias=False), nn.BatchNorm2d(2))],
], ids=lambda modules: type(modules[0]).__name__)
def test_other_networks_of_known_layers(modules):
    network, given = trained(nn.Sequential(*modules)), normal(3, 2, 4, 4)
    layers = read_layers([network], (2, 4, 4))
    wanted = network(torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(run(layers, given).reshape(wanted.shape), wanted, rtol=0, atol=1e-5)


def test_batch_norm_is_folded_in_float64():
    norm = trained(nn.BatchNorm1d(2))
    weight, bias = fold(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), norm, axis=0)
    given = normal(4, 2)
    np.testing.assert_allclose(given @ weight.T + bias, norm(torch.from_numpy(given)).numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("modules", "name"), [
    ([nn.Conv2d(2, 2, 3, groups=2)], "Conv2d"),
    ([nn.Conv2d(2, 2, 3, dilation=2)], "Conv2d"),
    ([nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect")], "padding_mode=reflect"),
    ([nn.Conv2d(2, 2, (3, 1))], "Conv2d"),
    ([nn.ConvTranspose2d(2, 2, 3, stride=2, padding=1)], "ConvTranspose2d"),
    ([nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(2, 2, 3, padding=1)], "Upsample"),
    ([nn.Upsample(scale_factor=2), nn.Conv2d(2, 2, 5, padding=2)], "Conv2d"),
    ([nn.Upsample(scale_factor=2)], "an upsampling at its end"),
    ([nn.Upsample(scale_factor=2), nn.ReLU()], "ReLU.* behind an upsampling"),
    ([nn.Conv2d(2, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)], "batch norm that does not follow weights"),
    ([nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2, track_running_stats=False)], "no running statistics"),
    ([nn.ReLU()], "ReLU.* does not follow weights"),
    ([nn.Flatten(2)], "Flatten"),
    ([nn.Unflatten(1, (1, 2))], "Unflatten"),
    ([nn.Linear(3, 2)], "Linear"),
    ([nn.MultiheadAttention(2, 1)], "MultiheadAttention"),
])
def test_another_layer_is_refused_by_its_name(modules, name):
    with pytest.raises(UnknownLayer, match=name):
        read_layers(modules, (2, 4, 4))
