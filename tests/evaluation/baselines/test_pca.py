"""Principal components of the pixels."""

import numpy as np

from pipeline.evaluation.baselines import pca


def test_components_are_those_of_the_training_images_alone(given, pixels):
    measured = pca.measure(given)
    flat = pixels.reshape(len(pixels), -1).astype(np.float64)
    train = flat[:given.faces.count("train")]
    _, _, directions = np.linalg.svd(train - train.mean(axis=0), full_matrices=False)
    expected = (flat - train.mean(axis=0)) @ directions[:4].T
    assert measured.x.dtype == np.float32 and measured.x.shape == (200, 4)
    np.testing.assert_allclose(np.abs(measured.x[:, 0]), np.abs(expected[:, 0]), rtol=1e-3, atol=0.5)  # sign is free
    variance, most = (features[:120].var(axis=0).sum() for features in (measured.x, expected))
    assert 0.999 * most < variance < 1.0001 * most  # a random start leaves a little of the smaller ones
    np.testing.assert_array_equal(pca.measure(given).x, measured.x)
    assert "first 4 principal components" in measured.note and "120 training images" in measured.note


def test_of_many_images_an_evenly_spread_part_is_fitted(given, pixels):
    chosen = pca.evenly_spread(given.faces, 40, 3 * 32 * 32)
    rows = np.linspace(0, 119, 40).round().astype(int)
    assert rows[0] == 0 and rows[-1] == 119 and len(set(rows)) == 40
    np.testing.assert_array_equal(chosen, pixels[rows].reshape(40, -1))


def test_there_are_no_more_components_than_training_images(given, monkeypatch):
    monkeypatch.setattr(pca, "FITTED", 1)  # of 64×64 pixels: four of these
    measured = pca.measure(given._replace(latent_dim=100))
    assert measured.x.shape == (200, 4) and "fitted to 4 training images" in measured.note
