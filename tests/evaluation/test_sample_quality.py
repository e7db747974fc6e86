"""Fréchet distance and blur of samples."""

import numpy as np
import pytest
import scipy.linalg
from scipy.ndimage import gaussian_filter
from skimage.data import lfw_subset

from pipeline.errors import InputError
from pipeline.evaluation import sample_quality as quality
from pipeline.evaluation.sample_quality import Moments, frechet_distance, moments
from tests import tiny


def pooled(images):
    """Features without a network: the mean colour and the image at 2×2 pixels."""
    blocks = images.reshape(len(images), 3, 2, images.shape[2] // 2, 2, -1).mean((3, 5))
    return np.concatenate([images.mean((2, 3)), blocks.reshape(len(images), -1)], axis=1) / 255


def covariance(dim, seed):
    root = np.random.default_rng(seed).standard_normal((dim, dim))
    return root @ root.T


def test_frechet_distance_is_the_formula():
    a, b = (Moments(np.random.default_rng(seed).standard_normal(6), covariance(6, seed)) for seed in (1, 2))
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance).real
    expected = np.sum((a.mean - b.mean) ** 2) + np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected) == pytest.approx(frechet_distance(b, a))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_of_one_dimension_it_is_the_squared_differences_of_means_and_deviations():
    a, b = Moments(np.array([1.0]), np.array([[4.0]])), Moments(np.array([4.0]), np.array([[25.0]]))
    assert frechet_distance(a, b) == pytest.approx(3**2 + 3**2)


def test_fewer_images_than_features_have_a_distance_too():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((5, 30)), random.standard_normal((8, 30)) + 1
    # Tr (C1 C2)^½ is the nuclear norm of X Yᵀ for centred X and Y
    centred = [(rows - rows.mean(0)) / np.sqrt(len(rows) - 1) for rows in (x, y)]
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + sum(np.sum(rows**2) for rows in centred) \
        - 2 * np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()
    assert frechet_distance(moments(x), moments(y)) == pytest.approx(expected)


def test_samples_farther_from_the_test_images_score_worse():
    networks = {"frechet_distance": pooled}
    test = quality.moments_by(networks, tiny.faces(300, seed=1))
    alike, other = tiny.faces(250, seed=2), (tiny.faces(250, seed=2) // 2).astype(np.uint8)
    z = np.arange(250, dtype=np.float32)[:, None]  # a face's number
    heard = []
    near = quality.sample_quality(lambda z: alike[z[:, 0].astype(int)], z, networks, test, heard.append)
    far = quality.sample_quality(lambda z: other[z[:, 0].astype(int)], z, networks, test)
    same = quality.sample_quality(lambda z: alike[np.zeros(len(z), int)], z, networks, test)  # one face all the time
    assert set(near) == {"frechet_distance", "blur", "images"} and near["images"] == 250 == sum(heard)
    assert near["blur"] == pytest.approx(quality.blur(alike))
    assert 0 < near["frechet_distance"] < far["frechet_distance"] / 10
    assert near["frechet_distance"] < same["frechet_distance"] / 3


def test_moments_are_of_all_images_together_and_need_two():
    images = tiny.faces(205)
    found = quality.moments_by({"pooled": pooled}, images)["pooled"]
    np.testing.assert_allclose(found.mean, pooled(images).mean(0))
    np.testing.assert_allclose(found.covariance, np.cov(pooled(images).T))
    with pytest.raises(InputError, match="1 images"):
        quality.moments_by({"pooled": pooled}, images[:1])


def test_blurred_copies_of_faces_score_higher():
    faces = np.repeat(np.uint8(255 * lfw_subset()[:30, None]), 3, axis=1)  # 25×25 pixels
    scores = [quality.blur(faces)]
    for deviation in (0.7, 1.0, 2.0):
        scores.append(quality.blur(gaussian_filter(faces, (0, 0, deviation, deviation))))
    assert 0 < scores[0] and scores[-1] < 1 and (np.diff(scores) > 0.04).all()
    sharp = np.random.default_rng(0).integers(0, 256, (4, 3, 64, 64)).astype(np.uint8)
    assert quality.blur(sharp) < 0.3


def test_loss_network_features_are_spatial_means_at_rms_one(tmp_path):
    images = tiny.faces(16)
    path = tiny.write_loss_network(tmp_path / "network.safetensors", "relu2_1")
    features = quality.loss_network_features(path, "relu2_1")
    found = features(images)
    assert found.shape == (16, 128) and found.dtype == np.float32
    # a mean of the activations, whose RMS over these very images is 1
    assert 0.1 < np.sqrt(np.square(found).mean()) < 1
    shifted = np.roll(images, 8, axis=3)  # moves what is where, and hardly the mean over all places
    assert np.abs(features(shifted) - found).mean() < 0.2 * np.abs(found - found.mean(0)).mean() + 0.05
    with pytest.raises(InputError, match="relu3_1"):
        quality.loss_network_features(path, "relu3_1")
