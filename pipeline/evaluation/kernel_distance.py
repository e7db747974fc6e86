"""KID, the kernel distance between two sets of images in the features of a network (Bińkowski et al. 2018).

Its expectation does not depend on the number of images, where a Fréchet distance is too large with few. It may be a
little below 0 between sets that are alike.
"""

import numpy as np

ROWS = 1000  # of a kernel matrix that are in memory at a time


def kernel_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Return KID: the unbiased estimate of the squared MMD under the kernel (a·b / C + 1)³.

    It is computed from all images. torch-fidelity's `kid_features_to_metric` averages it over random subsets, and so
    estimates the same number with further noise; on a single subset that is the whole, both agree. That package takes
    more seconds to load than this takes to compute.

    Args:
        x: float N×C, features of one set of images, N ≥ 2.
        y: float M×C, features of the other, M ≥ 2.
    """
    return float(resampled_kernel_distances(x, y, np.ones((1, len(x))), np.ones((1, len(y))))[0])


def resampled_kernel_distances(x: np.ndarray, y: np.ndarray, counts_x: np.ndarray, counts_y: np.ndarray) -> np.ndarray:
    """Return KID of R resamples, float64 R, computing each kernel once.

    Args:
        x: float N×C, N ≥ 2.
        y: float M×C, M ≥ 2.
        counts_x: R×N, how often each row of `x` is in each resample; each row's sum is N.
        counts_y: the same of `y`, R×M.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    n, m = len(x), len(y)
    within_x = (kernel_sums(x, x, counts_x, counts_x) - counts_x @ cubed(np.square(x).sum(1), x.shape[1])) / n / (n - 1)
    within_y = (kernel_sums(y, y, counts_y, counts_y) - counts_y @ cubed(np.square(y).sum(1), y.shape[1])) / m / (m - 1)
    return within_x + within_y - 2 * kernel_sums(x, y, counts_x, counts_y) / n / m


def kernel_sums(x: np.ndarray, y: np.ndarray, counts_x: np.ndarray, counts_y: np.ndarray) -> np.ndarray:
    """Return the sums of the kernel over all pairs of each resample, float64 R; arguments as above, in float64."""
    sums = np.zeros(len(counts_x))
    for start in range(0, len(x), ROWS):
        kernel = cubed(x[start:start + ROWS] @ y.T, x.shape[1])
        sums += ((counts_y @ kernel.T) * counts_x[:, start:start + ROWS]).sum(1)
    return sums


def cubed(products: np.ndarray, features: int) -> np.ndarray:
    """Return the kernel of pairs from their inner products, of any shape; features: C."""
    base = products / features + 1
    return base * base * base
