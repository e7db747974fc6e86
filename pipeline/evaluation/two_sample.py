"""A two-sample test in many dimensions: the maximum mean discrepancy (Gretton et al. 2012, JMLR 13)."""

from typing import NamedTuple

import numpy as np

PERMUTATIONS = 1000


class Discrepancy(NamedTuple):
    """How far two samples are apart."""

    mmd_squared: float  # unbiased estimate of MMD²: around 0, or a little below, if both have one distribution
    p: float            # of the hypothesis that both do, 1/(PERMUTATIONS + 1) … 1


def mmd_test(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> Discrepancy:
    """Test whether two samples of equal size come from one distribution.

    The kernel is exp(−‖a − b‖² / 2σ²), where σ is the median distance of two points of both samples together (the
    median heuristic). MMD² is Gretton et al.'s unbiased estimate, their eq. 3. Its p value comes from random
    permutations of the points over the samples, so that it holds at any sample size (Phipson and Smyth 2010): of two
    samples from one distribution, at most a share of α has p ≤ α.

    Args:
        x: float N×D, N ≥ 2.
        y: float N×D.
        random: where permutations are drawn from.

    Raises:
        ValueError: the samples are not of equal size, or smaller than two.
    """
    from scipy.spatial.distance import pdist, squareform

    if len(x) != len(y) or len(x) < 2:
        raise ValueError(f"samples of {len(x)} and {len(y)} points; they must be equally many, at least two")
    count = len(x)
    squares = pdist(np.concatenate([x, y]).astype(np.float64), "sqeuclidean")
    kernel = squareform(np.exp(-squares / (2 * (np.median(squares) or 1.0))))  # 0 on the diagonal: no point with itself
    signs = np.tile(np.repeat([1.0, -1.0], count), (PERMUTATIONS + 1, 1))  # which sample; the first row is as given
    signs[1:] = random.permuted(signs[1:], axis=1)
    within_less_across = ((signs @ kernel) * signs).sum(axis=1)
    total = kernel.sum()
    within, across = (total + within_less_across) / 2, (total - within_less_across) / 2
    estimates = within / (count * (count - 1)) - across / count ** 2
    as_large = np.sum(estimates[1:] >= estimates[0] - 1e-12)  # equal ones differ by rounding
    return Discrepancy(float(estimates[0]), float((as_large + 1) / (PERMUTATIONS + 1)))
