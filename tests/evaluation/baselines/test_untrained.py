"""The VAE's encoder before training."""

import numpy as np
import torch

from pipeline.data.pixels import to_network
from pipeline.evaluation.baselines import untrained
from pipeline.losses.build import build_objective
from tests import tiny


def test_weights_are_those_with_which_a_training_begins(given):
    model = build_objective(tiny.variant("pvae", seed=0), given.loss_network).model
    for ours, theirs in zip(untrained.initial_vae(given).parameters(), model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    first, other = (next(untrained.initial_vae(given._replace(train_seed=seed)).parameters()) for seed in (0, 1))
    assert not torch.equal(first, other)


def test_building_it_leaves_torchs_generator_as_it_was(given):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    untrained.initial_vae(given)
    assert torch.equal(torch.rand(1), expected)


def test_batch_norm_has_the_statistics_of_training_images(given, pixels):
    """In evaluation mode the layers then see what they see in training mode: mean 0 and variance 1, but for scale."""
    vae = untrained.initial_vae(given)
    train = pixels[:120]
    untrained.calibrate_batch_norm(vae, [train])
    x = to_network(torch.from_numpy(train))
    with torch.no_grad():
        calibrated = vae.encoder(x)
        expected = vae.train().encoder(x)
    torch.testing.assert_close(calibrated, expected, rtol=0.02, atol=0.02)  # n or n-1 images
    assert calibrated.std() > 0.1


def test_features_are_posterior_means_and_do_not_depend_on_batches(given, pixels):
    measured = untrained.measure(given)
    assert measured.x.shape == (200, 4) and measured.x.dtype == np.float32
    assert measured.x.std(axis=0).min() > 1e-3, "without the statistics of images they are nearly constant"
    vae = untrained.initial_vae(given)
    untrained.calibrate_batch_norm(vae, [pixels[:120]])
    with torch.no_grad():
        mu, _ = vae.encode(to_network(torch.from_numpy(pixels[:3])))
    np.testing.assert_allclose(measured.x[:3], mu, rtol=1e-3, atol=1e-4)
