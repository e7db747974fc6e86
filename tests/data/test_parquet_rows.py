"""What rows of Parquet files are called, and the splits that names of files tell."""

import pyarrow as pa
import pytest

from pipeline.data.parquet_files import image_column, open_files
from pipeline.data.parquet_rows import image_ids, in_order_of_splits, split_by_file_names, split_of_name
from pipeline.errors import InputError
from tests.data.parquet_faces import IMAGE, faces, write


def ids(root):
    files = open_files(root)
    found, by_row = image_ids(files, image_column(files))
    return found.tolist(), by_row


def with_paths(paths):
    return pa.table({"image": pa.array([{"bytes": b"x", "path": path} for path in paths], IMAGE)})


@pytest.mark.parametrize(("column", "expected"), [
    (["b", "a", "c"], ["b", "a", "c"]),
    ([7, 100, 12], ["007", "100", "012"]),
    (pa.array(["b", "a", "c"]).dictionary_encode(), ["b", "a", "c"]),
])
def test_a_column_of_ids(tmp_path, column, expected):
    assert ids(write(tmp_path / "a.parquet", faces(range(3), image_id=column))) == (expected, False)


@pytest.mark.parametrize(("column", "complaint"), [
    (["a", None, "c"], r"a.parquet, row 1 has no value in the column image_id"),
    (["a", "b", ""], r"a.parquet, row 2 has no value"),
    (["a\n", "b", "c"], r"row 0 has the value 'a\\n', with a control character"),
    (["a", "b", "a"], r"a is there twice, in .*a.parquet, row 0 and in .*a.parquet, row 2"),
    ([1.0, 2.0, 3.0], "column image_id holds double"),
])
def test_wrong_columns_of_ids(tmp_path, column, complaint):
    with pytest.raises(InputError, match=complaint):
        ids(write(tmp_path / "a.parquet", faces(range(3), image_id=column)))


def test_an_id_in_two_files(tmp_path):
    write(tmp_path / "a.parquet", faces(range(3), image_id=["a", "b", "c"]))
    write(tmp_path / "b.parquet", faces(range(4), image_id=["d", "e", "b", "c"]))
    with pytest.raises(InputError, match=r"b \(and 1 more images\) is there twice, in .*a.*, row 1 and .*b.*, row 2"):
        ids(tmp_path)
    write(tmp_path / "b.parquet", faces(range(4)))
    with pytest.raises(InputError, match=r"b.parquet has no column image_id, which the other files have"):
        ids(tmp_path)


@pytest.mark.parametrize(("paths", "expected", "by_row"), [
    (["x/2.jpg", "y\\1.jpg", "3.jpg"], ["2.jpg", "1.jpg", "3.jpg"], False),
    (["2.jpg", None, "3.jpg"], ["2.jpg", "a-000001", "3.jpg"], False),
    ([None, None], ["a-000000", "a-000001"], True),
    (["x/1.jpg", "y/1.jpg"], ["a-000000", "a-000001"], True),
    (["x/", "y"], ["a-000000", "a-000001"], True),
])
def test_file_names_of_images(tmp_path, paths, expected, by_row):
    assert ids(write(tmp_path / "a.parquet", with_paths(paths))) == (expected, by_row)


def test_rows_of_files_in_folders(tmp_path):
    write(tmp_path / "x" / "0000.parquet", with_paths([None] * 2))
    write(tmp_path / "y" / "0000.parquet", with_paths([None]))
    assert ids(tmp_path) == (["x/0000-000000", "x/0000-000001", "y/0000-000000"], True)


@pytest.mark.parametrize(("name", "split"), [
    ("train-00000-of-00019", "train"), ("data/validation-00000-of-00001-abc", "valid"), ("default/test/0000", "test"),
    ("split=valid/part-0", "valid"), ("VAL", "valid"), ("celeba_test", "test"), ("test2", "test"),
    ("test/train-0", "train"), ("trainee", None), ("0000", None), ("train_test", None), ("0/1/2", None),
])
def test_splits_of_names(name, split):
    assert split_of_name(name) == split


def test_splits_of_files(tmp_path):
    for name in ("test", "train-1", "train-0", "valid"):
        write(tmp_path / f"{name}.parquet", with_paths([None] * len(name)).append_column("file", [[name] * len(name)]))
    files = in_order_of_splits(open_files(tmp_path))
    assert [file.name for file in files] == ["train-0", "train-1", "valid", "test"]
    assert split_by_file_names(files).tolist() == ["train"] * 14 + ["valid"] * 5 + ["test"] * 4
    assert split_by_file_names(files[:2]) is None
    write(tmp_path / "more.parquet", with_paths([None]))
    with pytest.raises(InputError, match="more.parquet is named by no split"):
        split_by_file_names(open_files(tmp_path))
