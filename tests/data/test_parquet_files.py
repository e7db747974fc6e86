"""Parquet files that can be read, and one sentence for those that cannot."""

import os
import shutil

import pyarrow as pa
import pytest

from pipeline.data.parquet_files import image_column, open_files, read_columns
from pipeline.errors import InputError
from tests.data.parquet_faces import IMAGE, damage, faces, write


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "given" / "a.parquet", faces(range(6), Smiling=[True] * 6))


def test_files_of_a_folder_are_sorted_and_hidden_or_empty_ones_left_out(good, tmp_path):
    root = good.parent
    write(root / "B.PARQUET", faces(range(2)))
    write(root / "x.parquet" / "part-0.parquet", faces(range(3)))
    write(root / "none.parquet", faces([]))
    for hidden in ("._a.parquet", ".cache/b.parquet", "_metadata.parquet"):
        (root / hidden).parent.mkdir(exist_ok=True)
        (root / hidden).write_bytes(b"\0")
    assert [(file.name, file.rows) for file in open_files(root)] == [("B", 2), ("a", 6), ("x.parquet/part-0", 3)]
    assert [file.name for file in open_files(good)] == ["a"]


@pytest.mark.parametrize(("data", "complaint"), [
    (b"", r"b.parquet is empty \(0 bytes\)"),
    (b"\n<!DOCTYPE html><html>", "is a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "pointer of Git LFS"),
    (b"image_id,Smiling\n", "is not a Parquet file, which begins with PAR1"),
    (b"PAR1", r"\(4 bytes\) is damaged or cut short"),
    (b"PAR1\0\0\0\0PAR1", "is damaged or cut short"),
])
def test_what_is_no_parquet_file(good, data, complaint):
    (good.parent / "b.parquet").write_bytes(data)
    with pytest.raises(InputError, match=complaint):
        open_files(good.parent)


def test_files_that_are_cut_short_or_changed(good):
    whole = good.read_bytes()
    for size in (len(whole) - 1, len(whole) // 2, 5):
        good.write_bytes(whole[:size])
        with pytest.raises(InputError, match="a.parquet .* is damaged or cut short"):
            open_files(good)
    good.write_bytes(whole.replace(b"Smiling", b"Smilin\xff"))
    with pytest.raises(InputError, match="a.parquet .* is damaged or cut short"):
        open_files(good)


def test_what_is_not_there(good, tmp_path):
    with pytest.raises(InputError, match="nowhere is missing: set data.root"):
        open_files(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no Parquet file"):
        open_files(tmp_path / "empty")
    with pytest.raises(InputError, match="holds no image"):
        open_files(write(tmp_path / "rows.parquet", faces([])))


@pytest.mark.parametrize("target", ["b.parquet", "nowhere"])
def test_links_that_lead_nowhere(good, target):
    os.symlink(target, good.parent / "b.parquet")
    with pytest.raises(InputError, match="b.parquet cannot be read"):
        open_files(good.parent)


def test_a_named_pipe_does_not_wait(good):
    os.mkfifo(good.parent / "b.parquet")
    with pytest.raises(InputError, match="b.parquet is not a file"):
        open_files(good.parent)


def test_one_file_under_two_names(good):
    shutil.copy(good, good.parent / "b.parquet")
    with pytest.raises(InputError, match=r"a.parquet and .*b.parquet are the same"):
        open_files(good.parent)


def test_two_columns_of_one_name(good):
    write(good, pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]))
    with pytest.raises(InputError, match="several columns called 'x'"):
        open_files(good)


@pytest.mark.parametrize(("columns", "leaf"), [
    ({"picture": pa.array([{"path": "a", "bytes": b"x"}], pa.struct([("path", pa.string()),
                                                                     ("bytes", pa.large_binary())]))}, "picture.bytes"),
    ({"jpeg": pa.array([b"x"])}, "jpeg"),
    ({"image": pa.array([{"bytes": b"x", "path": "a"}], IMAGE), "mask": pa.array([b"x"])}, "image.bytes"),
])
def test_the_column_of_images(tmp_path, columns, leaf):
    assert image_column(open_files(write(tmp_path / "a.parquet", pa.table({"a": [1]} | columns)))) == leaf


def test_no_column_of_images_or_two(tmp_path, good):
    table = faces([1])
    with pytest.raises(InputError, match=r"has 2 columns of images \(image.bytes, mask.bytes\)"):
        image_column(open_files(write(tmp_path / "a.parquet", table.append_column("mask", table.column(0)))))
    with pytest.raises(InputError, match=r"has no column of images.* it has url \(string\).* not followed"):
        image_column(open_files(write(tmp_path / "a.parquet", pa.table({"url": ["https://a/1.jpg"]}))))
    write(good.parent / "b.parquet", pa.table({"a": [1]}))
    with pytest.raises(InputError, match=r"b.parquet has no column image.bytes of images, which .*a.parquet has"):
        image_column(open_files(good.parent))


def test_columns_of_all_files(good):
    write(good.parent / "b.parquet", faces(range(6, 8), Smiling=[False, None], Other=[1, 2]))
    table = read_columns(open_files(good.parent), ["Smiling", "image.path"])
    assert table.column_names == ["Smiling", "image.path"]
    assert table["Smiling"].to_pylist() == [True] * 6 + [False, None]
    assert table["image.path"].to_pylist() == [f"{number:06d}.png" for number in range(8)]
    with pytest.raises(InputError, match=r"a.parquet has no column Other, which the other files have"):
        read_columns(open_files(good.parent), ["Other"])


def test_columns_of_other_types_and_damaged_ones(good):
    write(good.parent / "b.parquet", faces(range(6, 8), Smiling=["yes", "no"]))
    with pytest.raises(InputError, match="columns of different types"):
        read_columns(open_files(good.parent), ["Smiling"])
    damage(good, "Smiling")
    with pytest.raises(InputError, match="a.parquet is damaged: its columns cannot be read"):
        read_columns(open_files(good), ["Smiling"])
    assert read_columns(open_files(good), ["image.path"]).num_rows == 6
