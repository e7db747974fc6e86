"""From columns of a table to landmarks."""

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data.celeba_layout import LANDMARKS
from pipeline.data.landmark_columns import landmark_columns
from pipeline.errors import InputError

IDS = ["a", "b", "c"]
VALUES = np.arange(30).reshape(3, 10) + 0.25


def table(change: object = None, column: str = "nose_x", kind: object = str) -> pa.Table:
    columns = {name: [str(value) if kind is str else value for value in values]
               for name, values in zip(LANDMARKS, VALUES.T.tolist(), strict=True)}
    if change is not None:
        columns[column][1] = None if change == "null" else change
    return pa.table(columns)


def refused(given: pa.Table) -> str:
    with pytest.raises(InputError) as caught:
        landmark_columns(given, IDS, "T")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("given", [
    table(), table(kind=float), table(kind=float).select(LANDMARKS[::-1]), table().append_column("Hat", [["x"] * 3]),
    table(kind=float).cast(pa.schema([(name, pa.float32()) for name in LANDMARKS])),
])
def test_text_and_numbers_in_any_order(given):
    landmarks = landmark_columns(given, IDS, "T")
    assert landmarks.dtype == np.float32
    np.testing.assert_array_equal(landmarks, VALUES.reshape(3, 5, 2))


def test_integers_and_decimals():
    given = pa.table({name: pa.array([1, 2, 3], pa.int16()) for name in LANDMARKS})
    np.testing.assert_array_equal(landmark_columns(given, IDS, "T")[:, 3, 1], [1, 2, 3])
    assert landmark_columns(table("1e2"), IDS, "T")[1, 2, 0] == 100
    assert landmark_columns(table("-3"), IDS, "T")[1, 2, 0] == -3


@pytest.mark.parametrize(("change", "problem"), [
    ("x", "T has 'x' as nose_x of b, which is not a number"), ("61,5", "T has '61,5' as nose_x of b"),
    ("1 2", "T has '1 2' as nose_x of b"), ("inf", "T has an infinite nose_x of b"),
    ("nan", "T lacks landmarks of 1 of 3 images, first nose_x of b"),
    ("null", "T lacks landmarks of 1 of 3 images, first nose_x of b"),
])
def test_what_is_no_number_is_refused(change, problem):
    assert refused(table(change)).startswith(problem)


def test_columns_that_are_missing_or_of_another_type():
    assert refused(table().drop_columns("nose_y")).startswith("T has no column nose_y; did you mean nose_x?: landmarks")
    assert refused(table().select([])).startswith("T has no column lefteye_x: landmarks are x and y of lefteye, ")
    dates = table().set_column(4, "nose_x", pa.array([0, 1, 2], pa.timestamp("s")))
    assert "as nose_x of a, which is not a number" in refused(dates)
    nulls = table().set_column(4, "nose_x", pa.nulls(3))
    assert refused(nulls).startswith("T lacks landmarks of 3 of 3 images, first nose_x of a: add them")
