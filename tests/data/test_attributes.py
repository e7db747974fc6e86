import numpy as np
import pytest

from pipeline.data.attributes import Attributes, all_known, concatenated, no_attributes
from pipeline.errors import InputError

KNOWN = np.array([[1, 1], [1, 0], [1, 1], [1, 1]], bool)
VALUES = np.array([[1, 1], [0, 0], [0, 1], [0, 1]], bool)
FOUR = Attributes(("Smiling", "Young"), VALUES, KNOWN)


def test_a_wanted_value_must_be_known():
    assert FOUR.having("Young").tolist() == [True, False, True, True]
    assert FOUR.having("Young", wanted=False).tolist() == [False] * 4
    assert FOUR.having("Smiling", wanted=False).tolist() == [False, True, True, True]


def test_rows_are_taken_and_joined():
    again = concatenated([FOUR.of_rows(np.array([True, False, False, False])), FOUR.of_rows(np.array([1, 2, 3]))])
    assert len(again) == 4 and again.names == FOUR.names
    np.testing.assert_array_equal(again.values, VALUES)
    np.testing.assert_array_equal(again.known, KNOWN)


def test_most_frequent():
    assert FOUR.most_frequent(5) == ["Young", "Smiling"] and FOUR.most_frequent(1) == ["Young"]
    assert no_attributes(3).most_frequent(2) == [] and len(no_attributes(3)) == 3


def test_an_unknown_name_is_one_sentence():
    with pytest.raises(InputError, match="^unknown attribute 'Smilling'; did you mean Smiling[?]; the data set has "
                                         "Smiling, Young$"):
        FOUR.index("Smilling")
    with pytest.raises(InputError, match="the data set has none$"):
        no_attributes(3).having("Smiling")


def test_arrays_that_do_not_fit_are_refused():
    for values, known in ((VALUES[:, :1], KNOWN), (VALUES, KNOWN[:3]), (VALUES.astype(int), KNOWN),
                          (np.ones_like(VALUES), KNOWN)):
        with pytest.raises(ValueError):
            Attributes(FOUR.names, values, known)
    assert all_known(["a"], VALUES[:, :1]).known.all()
