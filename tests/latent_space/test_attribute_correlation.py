"""The correlation of labels, and how it agrees with that of the vectors."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.attributes import Attributes, all_known
from pipeline.latent_space.attribute_correlation import (
    agreement,
    correlated_names,
    label_correlation,
    matrix_as_csv,
)
from pipeline.vocabulary import ATTRIBUTES

NAMES = ["Male", "Bald", "Young"]


def labels(**columns):
    attributes = np.random.default_rng(0).random((len(next(iter(columns.values()))), 40)) < 0.5
    for name, column in columns.items():
        attributes[:, ATTRIBUTES.index(name)] = column
    return all_known(ATTRIBUTES, attributes)


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


def test_unknown_labels_leave_the_images_where_both_are_known():
    random = np.random.default_rng(0)
    values = random.random((200, 4)) < [0.2, 0.5, 0.7, 0.5]
    values[:, 1] ^= values[:, 0]
    known = random.random((200, 4)) < [1, 0.8, 0.6, 0.9]
    names = ("a", "b", "c", "d")
    matrix = label_correlation(Attributes(names, values & known, known), ["b", "c", "a"])
    for row, i in enumerate((1, 2, 0)):
        for column, j in enumerate((1, 2, 0)):
            both = known[:, i] & known[:, j]
            expected = np.corrcoef(values[both, i], values[both, j])[0, 1]
            assert matrix[row, column] == pytest.approx(expected)
    np.testing.assert_array_equal(matrix, matrix.T)
    known[:, 3] = values[:, 3]  # known for positives only
    apart = np.arange(200) < 100
    known[:, 0], known[:, 1] = apart, ~apart  # never known together
    matrix = label_correlation(Attributes(names, values & known, known), names)
    assert np.isnan(matrix[3]).all() and np.isnan(matrix[:, 3]).all() and np.isnan(matrix[0, 1])
    assert matrix[0, 0] == pytest.approx(1) and not np.isnan(matrix[0, 2])


def test_one_unknown_label_hardly_changes_the_correlation():
    whole = labels(Male=np.arange(1000) % 2, Bald=np.arange(1000) % 3 == 0, Young=np.arange(1000) % 5 < 2)
    known = np.ones_like(whole.values)
    known[7] = False
    nearly = Attributes(whole.names, whole.values & known, known)
    np.testing.assert_allclose(label_correlation(nearly, NAMES), label_correlation(whole, NAMES), atol=0.01)


@pytest.mark.parametrize(("own", "named", "names", "said"), [
    ("abcd", "bd", "bd", None),
    ("abcd", "bxdy", "bd", "names 4 attributes, of which the data set has 2; only these are correlated: b, d"),
    ("abcd", "bxy", "dcb", "names 3 attributes, of which the data set has 1; instead of them, those that most images "
                           "have are correlated: d, c, b"),
    ("abcd", "vwxyz", "dcba", "names 5 attributes, of which the data set has 0; instead"),
    ("a", "abc", "", "There is one attribute only"),
    ("a", "xyz", "", "There is one attribute only"),
    ("", "xyz", "", None)])
def test_attributes_that_exist_are_correlated_or_else_the_most_frequent(own, named, names, said):
    values = np.arange(40)[:, None] < 5 + np.arange(len(own))  # each is more frequent than the one before
    chosen, notes = correlated_names(all_known(tuple(own), values), list(named))
    assert chosen == list(names) and len(notes) == (said is not None)
    assert said is None or said in notes[0]
    assert label_correlation(all_known(tuple(own), values), chosen).shape == (len(names), len(names))


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_matrix_is_written_as_pandas_writes_it(size):
    matrix, names = np.random.default_rng(0).normal(size=(size, size)), ["a", 'b, "c"', "d e"][:size]
    matrix[1:, :1] = np.nan
    assert matrix_as_csv(names, matrix) == pd.DataFrame(matrix, names, names).to_csv(index_label="attribute")
