"""The loss network's own features."""

import numpy as np
import pytest
import torch

from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.evaluation.baselines import loss_network
from pipeline.losses.loss_network.network import load_prefix


def test_features_are_the_means_of_all_channels_layer_after_layer(given, pixels):
    measured = loss_network.measure(given)
    assert measured.x.shape == (200, 128) and measured.x.dtype == np.float32
    network, _ = load_prefix(given.loss_network, ["relu1_2"], "loss.layers")
    with torch.no_grad():
        second = network(to_network(torch.from_numpy(pixels[-2:])))["relu1_2"].mean(dim=(2, 3))
    np.testing.assert_allclose(measured.x[-2:, 64:], second, rtol=1e-4, atol=1e-5)
    assert "relu1_1, relu1_2" in measured.note and "128 dimensions" in measured.note


def test_a_layer_that_the_file_does_not_hold_is_refused(given):
    with pytest.raises(InputError, match=r"loss.layers names relu3_1, but .* only up to relu1_2"):
        loss_network.measure(given._replace(layers=("relu3_1",)))
