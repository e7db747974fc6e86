"""An encoder as one uses it in a notebook: loaded from its weights file alone."""

import numpy as np
import torch

from pipeline.latent_space.encoding import encode
from pipeline.models.build import build_model
from pipeline.models.weights_file import load_trained, write_weights
from tests import tiny


def test_images_are_encoded_by_a_model_from_its_weights_file(tmp_path):
    variant, path = tiny.variant("dfc"), tmp_path / "model.safetensors"
    torch.manual_seed(0)
    model = build_model(variant).eval()
    write_weights(path, model.state_dict(), variant)
    vae, loaded = load_trained(path)
    pixels = tiny.faces(5)
    mu, logvar = encode(vae, pixels)
    assert loaded.encodes and mu.dtype == logvar.dtype == np.float32
    assert mu.shape == logvar.shape == (5, variant.model.latent_dim)
    np.testing.assert_array_equal(mu, encode(model.to(memory_format=torch.channels_last), pixels)[0])
