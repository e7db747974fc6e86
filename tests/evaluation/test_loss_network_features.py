"""Features of images from the loss network."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.evaluation.loss_network_features import AT_ONCE, loss_network_features
from tests import tiny


def test_features_are_spatial_means_of_calibrated_activations(tmp_path):
    images = tiny.faces(16)
    path = tiny.write_loss_network(tmp_path / "network.safetensors", "relu2_1")
    network = loss_network_features(path, "relu2_1")
    features = network(images)
    assert features.shape == (16, 128) and features.dtype == np.float32
    # spatial means of activations whose RMS over these very images is 1
    assert 0.1 < np.sqrt(np.square(features).mean()) < 1
    shifted = np.roll(images, 8, axis=3)  # hardly changes the mean over all places
    assert np.abs(network(shifted) - features).mean() < 0.2 * np.abs(features - features.mean(0)).mean() + 0.05
    with pytest.raises(InputError, match=r"sampling.frechet_layer names relu3_1"):
        loss_network_features(path, "relu3_1")


def test_features_of_an_image_do_not_depend_on_those_beside_it(tmp_path):
    images = tiny.faces(AT_ONCE + 3)
    network = loss_network_features(tiny.write_loss_network(tmp_path / "network.safetensors", "relu2_1"), "relu2_1")
    alone = np.concatenate([network(images[i:i + 1]) for i in range(len(images))])
    np.testing.assert_allclose(network(images), alone, rtol=1e-5, atol=1e-6)
