"""KID, compared with torch-fidelity's."""

import numpy as np
import pytest

from pipeline.evaluation import kernel_distance as kid
from pipeline.evaluation.kernel_distance import kernel_distance, resampled_kernel_distances


def features(rows, seed, shift=0.0):
    return np.random.default_rng(seed).random((rows, 12)) + shift


def fidelity(x, y, **options):
    torch, metric = pytest.importorskip("torch"), pytest.importorskip("torch_fidelity.metric_kid")
    found = metric.kid_features_to_metric(torch.from_numpy(x), torch.from_numpy(y), verbose=False, **options)
    return found["kernel_inception_distance_mean"]


def test_it_is_torch_fidelitys_on_one_subset_that_is_the_whole(monkeypatch):
    x, y = features(50, 1), features(50, 2, 0.2)
    expected = fidelity(x, y, kid_subsets=1, kid_subset_size=50)
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-9) and expected > 0.05
    monkeypatch.setattr(kid, "ROWS", 7)  # the kernel in parts
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-9)


def test_it_is_what_torch_fidelitys_subsets_estimate():
    x, y = features(60, 1), features(40, 2, 0.1)
    assert kernel_distance(x, y) == pytest.approx(fidelity(x, y, kid_subsets=3000, kid_subset_size=30), rel=0.02)


def test_it_is_about_zero_between_sets_of_one_distribution_whatever_their_number():
    few = [kernel_distance(features(10, 2 * i), features(15, 2 * i + 1)) for i in range(300)]
    assert abs(np.mean(few)) < 3 * np.std(few) / np.sqrt(300) and min(few) < 0


def test_a_resample_by_counts_is_one_by_rows():
    x, y = features(20, 1), features(30, 2)
    chosen = [(np.random.default_rng(i).integers(0, 20, 20), np.random.default_rng(i).integers(0, 30, 30))
              for i in range(3)]
    counts = [np.stack([np.bincount(pair[side], minlength=n) for pair in chosen]) for side, n in ((0, 20), (1, 30))]
    np.testing.assert_allclose(resampled_kernel_distances(x, y, *counts),
                               [kernel_distance(x[a], y[b]) for a, b in chosen])
