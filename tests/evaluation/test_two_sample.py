"""The test of the maximum mean discrepancy: its estimate, its errors of the first kind, its power."""

import numpy as np
import pytest

from pipeline.evaluation import two_sample
from pipeline.evaluation.two_sample import PERMUTATIONS, mmd_test


def draw(number: int, seed: int, shift: float = 0.0, dim: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((number, dim)) + shift


def test_the_estimate_is_the_papers():
    x, y = draw(7, 1), draw(7, 2, shift=0.5)
    points = np.concatenate([x, y])
    distances = [np.sum((points[i] - points[j]) ** 2) for i in range(14) for j in range(i)]
    sigma_squared = np.median(distances)  # the median of squares is the square of the median: their number is odd

    def mean(pairs):
        return np.mean([np.exp(-np.sum((a - b) ** 2) / (2 * sigma_squared)) for a, b in pairs])

    expected = (mean([(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
                + mean([(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
                - 2 * mean([(a, b) for a in x for b in y]))
    assert len(distances) % 2 == 1
    assert mmd_test(x, y, np.random.default_rng(0)).mmd_squared == pytest.approx(expected, rel=1e-9)


def test_of_equal_distributions_as_many_are_rejected_as_the_level_says(monkeypatch):
    monkeypatch.setattr(two_sample, "PERMUTATIONS", 199)
    found = [mmd_test(draw(20, 2 * k), draw(20, 2 * k + 1), np.random.default_rng(k)) for k in range(300)]
    p = np.array([each.p for each in found])
    assert 0.02 < np.mean(p <= 0.05) < 0.09 and 0.43 < np.mean(p <= 0.5) < 0.57
    deviations = np.array([each.mmd_squared for each in found])
    assert abs(deviations.mean()) < 3 * deviations.std() / len(found) ** 0.5 and (deviations < 0).any()  # unbiased


@pytest.mark.parametrize("other", [draw(100, 1, shift=0.5), 0.6 * draw(100, 1), np.full((100, 5), 0.1)])
def test_other_distributions_are_recognised(other):
    found = mmd_test(draw(100, 0), other, np.random.default_rng(0))
    assert found.p == 1 / (PERMUTATIONS + 1) and found.mmd_squared > 0.01


def test_a_larger_difference_has_a_larger_discrepancy_but_no_smaller_p():
    near, far = (mmd_test(draw(100, 0), draw(100, 1, shift), np.random.default_rng(0)) for shift in (1, 3))
    assert near.mmd_squared < far.mmd_squared and near.p == far.p


def test_equal_samples_are_not_rejected():
    x = draw(30, 0)
    assert mmd_test(x, x, np.random.default_rng(0)).p > 0.9
    assert mmd_test(np.ones((4, 2)), np.ones((4, 2)), np.random.default_rng(0)) == (0, 1)


def test_the_same_random_numbers_give_the_same_p():
    first, again, other = (mmd_test(draw(30, 0), draw(30, 1), np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first == again and first.mmd_squared == other.mmd_squared and first.p != other.p


@pytest.mark.parametrize(("one", "other"), [(5, 4), (4, 5), (1, 1), (0, 0)])
def test_samples_that_cannot_be_compared_are_refused(one, other):
    with pytest.raises(ValueError, match=f"samples of {one} and {other} points"):
        mmd_test(draw(one, 0), draw(other, 1), np.random.default_rng(0))
