"""A trained model, to a file and back."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from pipeline.config import Variant
from pipeline.data.pixels import to_network, to_uint8
from pipeline.models.architectures.vae import VAE
from pipeline.models.build import build_model
from pipeline.models.trained import decoder_of, example, load_model, reconstructor_of, save_weights
from tests import tiny


@pytest.fixture
def vae() -> VAE:
    """With batch statistics that are not the initial ones, and pictures that are not all alike."""
    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8))
    for _ in range(30):
        vae(to_network(torch.from_numpy(tiny.faces(8))))
    with torch.no_grad():
        vae.decoder[-1].weight.mul_(50)
    return vae.eval()


def test_round_trip(vae, tmp_path):
    path = tmp_path / "models" / "dfc" / "model.safetensors"
    save_weights(path, vae.state_dict(), tiny.variant())
    loaded = load_model(path, tiny.variant())
    assert all(torch.equal(loaded.state_dict()[name], tensor) for name, tensor in vae.state_dict().items())
    assert not loaded.training and not any(parameter.requires_grad for parameter in loaded.parameters())
    x = to_network(torch.from_numpy(tiny.faces(3, seed=1)))
    torch.testing.assert_close(loaded(x), vae(x))


def test_the_file_says_which_configuration_it_is_of(vae, tmp_path):
    save_weights(tmp_path / "model.safetensors", vae.state_dict(), tiny.variant())
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        said = json.loads(file.metadata()["variant"])
    assert Variant.model_validate({**said, "label": "VAE-123"}) == tiny.variant() and "label" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_decoder_and_reconstructor_speak_numpy(vae):
    z = np.random.default_rng(0).standard_normal((3, 4), dtype=np.float32)
    faces = tiny.faces(3)
    with torch.no_grad():
        decoded = to_uint8(vae.decode(torch.from_numpy(z))).numpy()
        reconstructed = to_uint8(vae(to_network(torch.from_numpy(faces)))).numpy()
    vae.requires_grad_(False)
    np.testing.assert_array_equal(decoder_of(vae)(z), decoded)
    np.testing.assert_array_equal(reconstructor_of(vae)(faces), reconstructed)
    assert decoded.dtype == np.uint8 and decoded.shape == faces.shape and min(decoded.std(), reconstructed.std()) > 10


def test_a_model_without_an_encoder(tmp_path):
    torch.manual_seed(0)
    variant = tiny.variant("dcgan")
    model = build_model(variant)
    save_weights(tmp_path / "model.safetensors", model.state_dict(), variant)
    z = np.random.default_rng(0).standard_normal((3, 4), dtype=np.float32)
    images = decoder_of(load_model(tmp_path / "model.safetensors", variant))(z)
    assert images.shape == (3, 3, tiny.SIZE, tiny.SIZE) and images.dtype == np.uint8
    np.testing.assert_array_equal(images, to_uint8(model.eval().decode(torch.from_numpy(z))).numpy())


def test_an_example_for_those_who_will_use_the_model(vae):
    images, made = example(vae, encodes=True)
    assert images.shape == made.shape == (2, 3, tiny.SIZE, tiny.SIZE) and images.dtype == made.dtype == np.float32
    assert -1 <= images.min() < images.max() <= 1 and images.flags.c_contiguous
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(made), vae(torch.from_numpy(images)))
    np.testing.assert_array_equal(images, example(vae, encodes=True)[0])

    generator = build_model(tiny.variant("dcgan")).eval()
    z, made = example(generator, encodes=False)
    assert z.shape == (2, 4) and made.shape == (2, 3, tiny.SIZE, tiny.SIZE) and z.dtype == made.dtype == np.float32
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(made), generator.decode(torch.from_numpy(z)))
