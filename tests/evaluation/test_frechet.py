"""The Fréchet distance."""

import numpy as np
import pytest
import scipy.linalg

from pipeline.evaluation.frechet import Moments, frechet_distance, moments


def covariance(dim, seed):
    root = np.random.default_rng(seed).standard_normal((dim, dim))
    return root @ root.T


def test_frechet_distance_follows_the_formula():
    a, b = (Moments(np.random.default_rng(seed).standard_normal(6), covariance(6, seed)) for seed in (1, 2))
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance).real
    expected = np.sum((a.mean - b.mean) ** 2) + np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected) == pytest.approx(frechet_distance(b, a))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_in_one_dimension_it_adds_squared_differences_of_mean_and_deviation():
    a, b = Moments(np.array([1.0]), np.array([[4.0]])), Moments(np.array([4.0]), np.array([[25.0]]))
    assert frechet_distance(a, b) == pytest.approx(3**2 + 3**2)


def test_it_works_with_fewer_images_than_features():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((5, 30)), random.standard_normal((8, 30)) + 1
    # Tr (C1 C2)^½ is the nuclear norm of X Yᵀ for centred X and Y
    centred = [(rows - rows.mean(0)) / np.sqrt(len(rows) - 1) for rows in (x, y)]
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + sum(np.sum(rows**2) for rows in centred) \
        - 2 * np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum()
    assert frechet_distance(moments(x), moments(y)) == pytest.approx(expected)
