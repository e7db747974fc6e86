"""A trained model as functions of numpy arrays."""

import numpy as np
import pytest
import torch

from pipeline.data.pixels import to_network, to_uint8
from pipeline.models.architectures.vae import VAE
from pipeline.models.build import build_model
from pipeline.models.numpy_functions import decode_function, reconstruct_function
from pipeline.models.weights_file import load_model, write_weights
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


def test_decoding_and_reconstructing_take_and_give_numpy_arrays(vae):
    z = np.random.default_rng(0).standard_normal((3, 4), dtype=np.float32)
    faces = tiny.faces(3)
    with torch.no_grad():
        decoded = to_uint8(vae.decode(torch.from_numpy(z))).numpy()
        reconstructed = to_uint8(vae(to_network(torch.from_numpy(faces)))).numpy()
    vae.requires_grad_(False)
    np.testing.assert_array_equal(decode_function(vae)(z), decoded)
    np.testing.assert_array_equal(reconstruct_function(vae)(faces), reconstructed)
    assert decoded.dtype == np.uint8 and decoded.shape == faces.shape and min(decoded.std(), reconstructed.std()) > 10


def test_a_model_without_an_encoder_decodes(tmp_path):
    torch.manual_seed(0)
    variant = tiny.variant("dcgan")
    model = build_model(variant)
    write_weights(tmp_path / "model.safetensors", model.state_dict(), variant)
    z = np.random.default_rng(0).standard_normal((3, 4), dtype=np.float32)
    images = decode_function(load_model(tmp_path / "model.safetensors", variant))(z)
    assert images.shape == (3, 3, tiny.SIZE, tiny.SIZE) and images.dtype == np.uint8
    np.testing.assert_array_equal(images, to_uint8(model.eval().decode(torch.from_numpy(z))).numpy())
