"""Which columns of Parquet files are attributes."""

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data.parquet_attributes import in_words, own_attributes
from pipeline.data.parquet_files import open_files
from pipeline.errors import InputError
from tests.data.parquet_faces import faces, write


def attributes(root, others=("image",)):
    files = open_files(root)
    return own_attributes(files, others, np.arange(sum(file.rows for file in files)).astype(str), root)


def test_columns_are_told_apart(tmp_path):
    path = write(tmp_path / "a.parquet", faces(
        range(4), Bool=[True, None, False, True], Never=[False] * 4, Signed=[-1, 1, 1, None],
        Text=["yes", "no", "", "no"], age=[30, 31, 40, 2], label=[0] * 4, caption=["a", "b", "c", "d"],
        unsure=[0, -1, 1, 1], split=[True, False] * 2, box=pa.array([[1]] * 4), empty=pa.nulls(4), fold=["train"] * 4))
    found, left_out = attributes(path, ("image", "fold"))
    assert found.names == ("Bool", "Never", "Signed", "Text")
    assert found.known.tolist() == [[1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 1]]
    assert found.values.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert list(left_out) == ["age", "label", "caption", "unsure", "split", "box", "empty"]
    [note] = in_words(left_out, path)
    assert "age (int64, but not two values for yes and no)" in note
    assert in_words({}, path) == []


def test_a_column_that_is_not_in_every_file(tmp_path):
    write(tmp_path / "a.parquet", faces(range(2), A=[True, False]))
    write(tmp_path / "b.parquet", faces(range(2, 4), A=[True, False], B=[True, False]))
    found, left_out = attributes(tmp_path)
    assert found.names == ("A",)
    assert left_out == {"B": "not in every file"}


def test_no_attributes(tmp_path):
    found, left_out = attributes(write(tmp_path / "a.parquet", faces(range(3))))
    assert found.values.shape == (3, 0)
    assert left_out == {}


def test_names_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="an attribute called 'a/b'"):
        attributes(write(tmp_path / "a.parquet", faces(range(2), **{"a/b": [True, False]})))
