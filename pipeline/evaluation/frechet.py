"""The Fréchet distance between two sets of images, in the features of a network.

A Fréchet distance estimated from few images is too large, and the fewer the images, the larger the error. Compare only
numbers from the same number of images, with the same network and layer.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# A network's features of images: uint8 N×3×S×S → float N×C.
ImageFeatures = Callable[[np.ndarray], np.ndarray]


class Moments(NamedTuple):
    """Mean and covariance of the features of N images."""

    mean: np.ndarray        # float64 C
    covariance: np.ndarray  # float64 C×C


def moments(features: np.ndarray) -> Moments:
    """Return the mean and covariance of the rows of float N×C, N ≥ 2."""
    features = np.asarray(features, np.float64)
    return Moments(features.mean(axis=0), np.cov(features, rowvar=False).reshape(features.shape[1], -1))


def resampled_moments(features: np.ndarray, counts: np.ndarray) -> Moments:
    """Return the moments of a resample of the rows of float N×C. counts: float N, how often it has each; sum N ≥ 2."""
    features = np.asarray(features, np.float64)
    mean = counts @ features / len(features)
    centred = features - mean
    return Moments(mean, (centred * counts[:, None]).T @ centred / (len(features) - 1))


def frechet_distance(a: Moments, b: Moments) -> float:
    """Return ‖m1 - m2‖² + Tr(C1 + C2 - 2 (C1 C2)^½), the squared 2-Wasserstein distance of two Gaussians.

    Tr (C1 C2)^½ is computed as the sum of the square roots of the eigenvalues of Rᵀ C2 R, where C1 = R Rᵀ. This matrix
    is symmetric. So the formula also works with fewer images than features, where the covariances have no inverse.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = vectors * np.sqrt(values.clip(min=0))
    shared = np.sqrt(np.linalg.eigvalsh(root.T @ b.covariance @ root).clip(min=0)).sum()
    distance = np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance) - 2 * shared
    return max(0.0, float(distance))
