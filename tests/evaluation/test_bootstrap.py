"""Intervals by the bootstrap."""

import numpy as np
import pytest

from pipeline.evaluation.bootstrap import interval_around, resample_counts
from pipeline.evaluation.feature_scores import score_features
from pipeline.evaluation.frechet import frechet_distance, moments, resampled_moments

IMAGES, FEATURES = 80, 6


def two_sets(random, shift=0.4):
    return random.standard_normal((IMAGES, FEATURES)) + shift, random.standard_normal((IMAGES, FEATURES))


def test_a_resample_by_counts_is_one_by_rows():
    rows = np.random.default_rng(0).standard_normal((20, 5))
    [counts] = resample_counts(20, 1, seed=3, side=6)
    expected = moments(np.repeat(rows, counts.astype(int), axis=0))
    for ours, theirs in zip(resampled_moments(rows, counts), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_resamples_are_as_large_as_the_set_and_the_same_for_a_seed_and_a_side():
    counts = resample_counts(30, 5, seed=0, side=6)
    assert counts.shape == (5, 30) and (counts.sum(1) == 30).all() and (counts == 0).any() and (counts > 1).any()
    np.testing.assert_array_equal(counts, resample_counts(30, 5, seed=0, side=6))
    assert not np.array_equal(counts, resample_counts(30, 5, seed=0, side=7))
    assert not np.array_equal(counts, resample_counts(30, 5, seed=1, side=6))


def test_an_interval_is_as_wide_as_the_resamples_spread_but_lies_around_the_distance():
    low, high = interval_around(1.0, np.linspace(10, 20, 1001))  # all far too large
    assert (low, high) == pytest.approx((1 - 4.75, 1 + 4.75))


@pytest.mark.parametrize(("name", "network"), [("frechet_distance", "loss_network"), ("inception_kid", "inception")])
def test_intervals_hold_the_mean_of_what_is_measured_again_where_percentiles_do_not(name, network):
    random = np.random.default_rng(0)
    mean = np.mean([score_features(network, *two_sets(random))[name] for _ in range(200)])
    found = [score_features(network, *two_sets(random), 60, seed) for seed in range(60)]
    held = [scores[f"{name}_low"] <= mean <= scores[f"{name}_high"] for scores in found]
    assert np.mean(held) >= 0.9
    widths, again = [s[f"{name}_high"] - s[f"{name}_low"] for s in found], [s[name] for s in found]
    assert np.mean(widths) < 2.5 * np.subtract(*np.percentile(again, [97.5, 2.5]))  # not by being huge


def test_plain_percentiles_of_frechet_distances_would_lie_above_the_measured_one():
    """The bias that `interval_around` takes away."""
    x, y = two_sets(np.random.default_rng(0))
    measured = frechet_distance(moments(x), moments(y))
    counts = [resample_counts(IMAGES, 60, 0, side) for side in (6, 7)]
    resampled = [frechet_distance(resampled_moments(x, a), resampled_moments(y, b))
                 for a, b in zip(*counts, strict=True)]
    assert np.mean(resampled) > 1.2 * measured
