"""Tables that a user gives: what is understood, and one sentence for what is not."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data.given_table import read_given_table, texts
from pipeline.errors import InputError

ROWS = [("a.jpg", "1", ""), ("b/c.jpg", "-1", "NA")]


def text(delimiter=",", head=("image_id", "Smiling", "Red hair"), rows=ROWS, end="\n") -> str:
    return end.join(delimiter.join(row) for row in (head, *rows)) + end


def refused(path) -> str:
    with pytest.raises(InputError) as caught:
        read_given_table(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "T")


@pytest.fixture
def csv(tmp_path):
    def write(data: str | bytes, name: str = "t.csv"):
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return tmp_path / name
    return write


@pytest.mark.parametrize("data", [
    text(), text(";"), text("\t"), text(end="\r\n"), text(end="\r"), "\ufeff" + text(), text(", "), "\n\n" + text(),
    text().replace("\n", "\n\n"), text().replace("a.jpg", '"a.jpg"').replace("Red hair", '"Red hair"'),
    text()[:-1], text(head=("image_id", " Smiling ", "Red hair")),
])
def test_csv_in_every_form(csv, data):
    table = read_given_table(csv(data))
    assert (table.image_ids, table.id_column) == (["a.jpg", "b/c.jpg"], "image_id")
    assert table.columns.to_pydict() == {"Smiling": ["1", "-1"], "Red hair": ["", "NA"]}


def test_ids_are_in_image_id_or_in_the_first_column(csv):
    assert read_given_table(csv("Smiling,image_id\n1,a\n0,b\n")).image_ids == ["a", "b"]
    assert read_given_table(csv("file,Smiling\na,1\n007,0\nNA,0\nnull,1\n")).image_ids == ["a", "007", "NA", "null"]
    assert read_given_table(csv(",Smiling\na,1\n")).image_ids == ["a"]
    assert read_given_table(csv('file,Smiling\n"a,b.jpg",1\n')).image_ids == ["a,b.jpg"]


@pytest.mark.parametrize(("data", "problem"), [
    ("", "T is empty: "), ("\n \n", "T is empty: "), ("image_id,Smiling\n", "T has no rows: "),
    ("image_id\na.jpg\n", "T has one column where"), ("2\nSmiling Male\na.jpg 1 -1\n", "T has one column where"),
    (text("|"), "T has one column where"), ("\n<!DOCTYPE html>\n", "T is a web page"),
    ("a.jpg,1\nb.jpg,0\n", "T begins with the image a.jpg and not with the names of its columns"),
    ("x" * 200_000 + ",b\na,1\n", "T does not begin with the names"),
    (text().encode("utf-16"), "T is not text in UTF-8 (line 1)"),
    (text().encode() + b"\xe9.jpg,1,1\n", "T is not text in UTF-8 (line 4)"),
    (text() + "d.jpg,1\n", "T, line 4: 2 values where the first row has 3: "),
    (text() + "d.jpg,1,1,1\ne,1\n", "T, line 4: 4 values where the first row has 3 (and 1 more such lines): "),
    (text() + '"d.jpg,1,1\n', "T, line 4: 1 value where"), (text() + "\0\0\0", "T, line 4: 1 value where"),
    (text() + "a.jpg,1,1\n", "T has a.jpg more than once"),
    (text(rows=ROWS * 2), "T has a.jpg and 1 more images more than once"),
    (text() + ",1,1\n", "T has no image id in row 3 of its column image_id"),
    (text(head=("image_id", "Smiling", "Smiling")), "T has several columns called 'Smiling'"),
    (text(head=("image_id", "Smiling", "")), "column 3 of T has no name"),
    (text(head=("", "image_id", "Smiling")), "column 1 of T has no name: name it or remove it (pandas writes"),
])
def test_csv_that_is_refused(csv, data, problem):
    assert refused(csv(data)).startswith(problem)


def test_files_of_other_kinds_are_refused(csv, tmp_path):
    for name in ("t.txt", "t.xlsx", "t"):
        assert refused(csv(text(), name)) == "T is no table that can be read: save it as .csv or .parquet"
    assert refused(tmp_path / "none.csv") == "T is missing: name a table, .csv or .parquet"
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    assert refused(tmp_path / "loop.csv").startswith("T is missing")
    assert refused(csv(text(), "t.parquet")) == "T is not a Parquet file, or it is damaged: write it again"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty").startswith("T is a folder without .parquet files")


FRAME = pd.DataFrame({"image_id": ["a", "b", "c"], "Smiling": [True, None, False]})


@pytest.mark.parametrize("frame", [
    FRAME, FRAME.astype({"Smiling": "boolean"}), FRAME.astype({"image_id": "category"}), FRAME.set_index("image_id"),
    FRAME.set_index("image_id").rename_axis(None), FRAME.rename(columns={"image_id": "file"}),
    FRAME.iloc[[2, 0, 1]].iloc[[1, 2, 0]],
], ids=["objects", "nullable", "categories", "index", "index without a name", "first column", "kept index"])
def test_parquet_as_pandas_writes_it(tmp_path, frame):
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_given_table(tmp_path / "t.parquet")
    assert table.image_ids == ["a", "b", "c"]
    assert table.columns.to_pydict() == {"Smiling": [True, None, False]}


def test_a_folder_of_parts_is_one_table(tmp_path):
    folder = tmp_path / "parts"
    (folder / "sub").mkdir(parents=True)
    FRAME[1:].to_parquet(folder / "sub/1.parquet")
    FRAME[:1].assign(image_id=FRAME.image_id[:1].astype("category")).to_parquet(folder / "0.parquet")
    (folder / "_SUCCESS").write_text("")
    assert read_given_table(folder).image_ids == ["a", "b", "c"]
    FRAME[1:].assign(Smiling=1).to_parquet(folder / "sub/1.parquet")
    assert refused(folder).startswith("the parts of T have columns of other types (")
    FRAME[1:].assign(Hat=1).to_parquet(folder / "sub/1.parquet")
    assert "1.parquet has other columns than" in refused(folder)


@pytest.mark.parametrize(("frame", "problem"), [
    (FRAME[:0], "T has no rows"), (FRAME.assign(image_id=[.5, 1, 2]), "T has double in the column image_id"),
    (FRAME.assign(image_id=["a", "b", None]), "T has no image id in row 3"),
    (FRAME.assign(image_id=["a", "b", "b"]), "T has b more than once"),
    (FRAME.assign(image=b"x"), "T holds binary in the column image, which is neither number nor text"),
    (FRAME.assign(image=[{"bytes": b"x"}] * 3), "T holds struct<bytes: binary> in the column image"),
])
def test_parquet_that_is_refused(tmp_path, frame, problem):
    frame.to_parquet(tmp_path / "t.parquet")
    assert refused(tmp_path / "t.parquet").startswith(problem)


def test_damaged_parquet(tmp_path):
    path = tmp_path / "t.parquet"
    FRAME.to_parquet(path)
    data = path.read_bytes()
    for length in (len(data) - 1, len(data) // 2, 4, 0):
        path.write_bytes(data[:length])
        assert refused(path) == "T is not a Parquet file, or it is damaged: write it again"
    pq.write_table(pa.table([pa.array(["a"]), pa.array([1]), pa.array([1])], ["image_id", "x", "x"]), path)
    assert refused(path).startswith("T has several columns called 'x'")


def test_texts_of_any_column():
    assert texts(pa.chunked_array([["a ", None], ["", "b"]])) == ["a", "", "", "b"]
    assert texts(pa.chunked_array([pa.array([1.0, np.nan, None, 2.5])])) == ["1", "", "", "2.5"]
    assert texts(pa.chunked_array([pa.array([7, None])])) == ["7", ""]
    assert texts(pa.chunked_array([pa.nulls(2)])) == ["", ""]
