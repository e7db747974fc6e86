"""What columns become attributes, what is unknown, and what is refused."""

import time

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data.binary_columns import binary_attributes, is_binary
from pipeline.errors import InputError

IDS = np.array(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
Y, N, U = 1, 0, None  # yes, no, unknown


def read(column):
    return binary_attributes(pa.table({"smiles": column}), ["smiles"], IDS, "faces.csv")


def outcome(column):
    got = read(column)
    return [(1 if value else 0) if known else None
            for value, known in zip(got.values[:, 0], got.known[:, 0], strict=True)]


@pytest.mark.parametrize(("column", "expected"), [
    (pa.array([True, False, None, True]), [Y, N, U, Y]),
    (pa.array([1, 0, None, 1], pa.uint8()), [Y, N, U, Y]),
    (pa.array([1, -1, None, 1], pa.int64()), [Y, N, U, Y]),
    (pa.array([1.0, 0.0, float("nan"), None], pa.float32()), [Y, N, U, U]),
    (pa.array([-1.0, -1.0, -1.0, float("nan")]), [N, N, N, U]),
    (pa.array([1, 1, 1, 1]), [Y, Y, Y, Y]),
    (pa.array([0, 0, 0, None]), [N, N, N, U]),
    (pa.array(["TRUE", "false", "", None]), [Y, N, U, U]),
    (pa.array(["Yes", " no ", "yes", "NO"]), [Y, N, Y, N]),
    (pa.array(["NA", "no", "null", "None"]), [U, N, U, U]),
    (pa.array(["1", "-1", "1.0", "nan"], pa.large_string()), [Y, N, Y, U]),
    (pa.array(["yes", "no", None, "yes"]).dictionary_encode(), [Y, N, U, Y]),
    (pa.array([1, 0, None, 1]).dictionary_encode(), [Y, N, U, Y]),
    (pa.nulls(4), [U, U, U, U]),
    (pa.chunked_array([pa.array(["yes"]), pa.array(["no", "1", None])]), [Y, N, Y, U]),
])
def test_values_of_every_kind(column, expected):
    assert outcome(column) == expected


@pytest.mark.parametrize(("column", "complaint"), [
    (pa.array([1, 0, 2, 3]), r"faces.csv, column 'smiles': c.jpg has 2 \(and 1 more such values\), where .* leave"),
    (pa.array([1.0, 0.5, 0, 1]), r"b.jpg has 0.5, where"),
    (pa.array([1.0, float("inf"), 0, 1]), r"b.jpg has inf, where"),
    (pa.array([2**62, 1, 0, 1]), rf"a.jpg has {2**62}, where"),
    (pa.array(["yes", "no", "maybe", "y" * 99]), r"c.jpg has 'maybe' \(and 1 more"),
    (pa.array(["1" * 99, "1", "1", "1"]), r"a.jpg has '1{36}…, where"),
    (pa.array([1, 0, -1, 1]), r"b.jpg has 0 and c.jpg has -1, and it is not clear which"),
    (pa.array(["no", "yes", "-1", ""]), r"a.jpg has 0 and c.jpg has -1"),
    (pa.array([[1], [0], [1], [1]]), r"faces.csv: column 'smiles' holds list.* leave the column out"),
    (pa.array([b"1", b"0", b"1", b"0"]), r"column 'smiles' holds binary"),
])
def test_what_is_refused(column, complaint):
    with pytest.raises(InputError, match=complaint):
        read(column)
    assert not is_binary(pa.table({"smiles": column})["smiles"])


def test_missing_and_doubled_columns():
    table = pa.table([pa.array([1, 0, 1, 0])] * 3, names=["smiles", "beard", "beard"])
    with pytest.raises(InputError, match="faces.csv has no column 'smile'; did you mean smiles"):
        binary_attributes(table, ["smile"], IDS, "faces.csv")
    with pytest.raises(InputError, match="has 2 columns 'beard'"):
        binary_attributes(table, ["beard"], IDS, "faces.csv")


def test_order_is_that_of_the_names_and_none_are_possible():
    table = pa.table({"x": [1, 0, 1, 0], "y": [True] * 4, "age": [3, 4, 5, 6]})
    got = binary_attributes(table, ["y", "x"], IDS, "faces.csv")
    assert got.names == ("y", "x")
    assert got.values.tolist() == [[True, True], [True, False], [True, True], [True, False]]
    assert binary_attributes(table, [], IDS, "faces.csv").values.shape == (4, 0)


def test_is_binary_needs_one_known_value():
    assert is_binary(pa.chunked_array([pa.array([None, 1])]))
    assert not is_binary(pa.chunked_array([pa.array([None, ""])]))
    assert not is_binary(pa.chunked_array([pa.array([3, 1])]))


def test_many_rows_take_no_loop():
    rows = 50_000
    ids = np.arange(rows).astype(str)
    numbers = np.random.default_rng(1).integers(0, 2, rows)
    table = pa.table({f"n{i}": numbers * 2 - 1 for i in range(20)} | {f"s{i}": numbers.astype(str) for i in range(20)})
    start = time.process_time()
    got = binary_attributes(table, table.column_names, ids, "faces.csv")
    assert time.process_time() - start < 8  # a fraction of a second; a loop over the rows takes longer
    assert (got.values == (numbers == 1)[:, None]).all()
