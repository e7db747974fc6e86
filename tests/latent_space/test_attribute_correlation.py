"""The correlation of labels, and how it agrees with that of the vectors."""

import numpy as np
import pytest

from pipeline.latent_space.attribute_correlation import agreement, label_correlation
from pipeline.vocabulary import ATTRIBUTES

NAMES = ["Male", "Bald", "Young"]


def labels(**columns):
    attributes = np.random.default_rng(0).random((len(next(iter(columns.values()))), 40)) < 0.5
    for name, column in columns.items():
        attributes[:, ATTRIBUTES.index(name)] = column
    return attributes


def test_it_is_the_phi_coefficient():
    male, bald = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]), np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    matrix = label_correlation(labels(Male=male, Bald=bald, Young=1 - bald), NAMES)
    assert matrix[0, 1] == pytest.approx((2 * 5 - 0 * 3) / np.sqrt(5 * 5 * 2 * 8))  # (ad − bc) / √(margins)
    assert matrix[1, 2] == pytest.approx(-1) and matrix.diagonal() == pytest.approx(1)
    np.testing.assert_array_equal(matrix, matrix.T)


@pytest.mark.parametrize("constant", [0, 1])
def test_a_constant_label_has_no_correlation(constant):
    matrix = label_correlation(labels(Male=[0, 1, 1, 0], Bald=[constant] * 4, Young=[0, 1, 0, 1]), NAMES)
    assert np.isnan(matrix[1]).all() and np.isnan(matrix[:, 1]).all() and matrix[0, 2] == pytest.approx(0)


def test_agreement_is_over_pairs_of_different_attributes():
    vectors = np.array([[1, .8, -.2, .4], [.8, 1, .5, .1], [-.2, .5, 1, .3], [.4, .1, .3, 1]])
    halved = vectors / 2
    found = agreement(vectors, halved)
    assert found["correlation"] == pytest.approx(1) and found["pairs"] == 6
    assert found["mean_absolute_difference"] == pytest.approx(np.mean([.8, .2, .4, .5, .1, .3]) / 2)
    assert agreement(vectors, -vectors)["correlation"] == pytest.approx(-1)
    halved[3] = halved[:, 3] = np.nan
    assert agreement(vectors, halved)["pairs"] == 3
    assert agreement(vectors, np.full((4, 4), np.nan)) == {"correlation": None, "mean_absolute_difference": None,
                                                           "pairs": 0}
    assert agreement(vectors, np.eye(4))["correlation"] is None, "all pairs are equal"
