"""Images out of Parquet files: in any order, from any process, and where the file is damaged."""

import pickle
import threading

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data import parquet_images
from pipeline.data.parquet_files import image_column, open_files
from pipeline.data.parquet_images import ParquetImages
from pipeline.errors import InputError
from tests.data.parquet_faces import IMAGE, damage, encoded, faces, write


def opened(root):
    files = open_files(root)
    leaf = image_column(files)
    ids = np.array([f"{file.name}{row}" for file in files for row in range(file.rows)])
    return ParquetImages(root, files, leaf, ids), ids


@pytest.fixture
def two_files(tmp_path):
    write(tmp_path / "a.parquet", faces(range(10)))
    write(tmp_path / "b.parquet", faces(range(10, 15)), rows=2)
    return tmp_path


@pytest.mark.parametrize("rows", [range(15), range(14, -1, -1), [3, 3, 12, 0, 9, 14, 1, 13, 12]])
@pytest.mark.parametrize("block_rows", [1, 3, 1024])
def test_rows_in_any_order(two_files, rows, block_rows, monkeypatch):
    monkeypatch.setattr(parquet_images, "BLOCK_ROWS", block_rows)
    images, ids = opened(two_files)
    assert [images.read(ids[row]) for row in rows] == [encoded(row) for row in rows]


def test_a_plain_binary_column(tmp_path):
    stored = pa.array([encoded(number) for number in range(5)], pa.large_binary())
    write(tmp_path / "a.parquet", pa.table({"jpeg": stored}))
    images, ids = opened(tmp_path)
    assert [images.read(image_id) for image_id in ids] == [encoded(number) for number in range(5)]


def test_in_order_each_row_group_is_read_once(two_files, monkeypatch):
    begun = []
    begin = ParquetImages._begin
    monkeypatch.setattr(ParquetImages, "_begin", lambda self, group: begun.append(group) or begin(self, group))
    monkeypatch.setattr(parquet_images, "BLOCK_ROWS", 2)
    for rows in (np.arange(15), np.array([0, 4, 1, 5, 2]), np.array([3, 2, 1, 0])):
        begun.clear()
        images, ids = opened(two_files)
        for row in rows:
            images.read(ids[row])
        assert images.passes(rows) == pytest.approx(len(begun) / 6)  # 3 row groups of a, 3 of b
    assert begun == [0, 0]  # 3, 2 and then 1, 0
    images.read(ids[0])
    assert begun == [0, 0]  # in the block that was read last


def test_blocks_hold_no_more_than_allowed(tmp_path, monkeypatch):
    table = pa.table({"image": pa.array([{"bytes": bytes(1000), "path": None}] * 50, IMAGE)})
    path = write(tmp_path / "a.parquet", table, rows=100, use_dictionary=False)
    monkeypatch.setattr(parquet_images, "BLOCK_BYTES", 10_000)
    images, ids = opened(path)
    for image_id in ids:
        assert len(images.read(image_id)) == 1000
        assert len(images._block.values) <= 10
    monkeypatch.setattr(parquet_images, "BLOCK_BYTES", 10)  # less than one image
    images, ids = opened(path)
    assert len(images.read(ids[7])) == 1000


def test_another_process_reads_the_same(two_files):
    images, ids = opened(two_files)
    size = len(pickle.dumps(images))
    images.read(ids[6])
    stored = pickle.dumps(images)
    assert len(stored) == size  # no image is in it
    copy = pickle.loads(stored)
    assert copy.path == two_files
    assert copy.read(ids[11]) == encoded(11)


def test_threads_take_turns(two_files):
    images, ids = opened(two_files)
    wrong = []

    def read_all(seed):
        for row in np.random.default_rng(seed).integers(0, 15, 60):
            if images.read(ids[row]) != encoded(row):
                wrong.append(row)

    threads = [threading.Thread(target=read_all, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_nulls_are_refused_when_they_are_read(tmp_path):
    image = [{"bytes": encoded(0), "path": "0"}, None, {"bytes": None, "path": "2"}, {"bytes": encoded(3), "path": "3"}]
    images, ids = opened(write(tmp_path / "a.parquet", pa.table({"image": pa.array(image, IMAGE)})))
    for row in (1, 2):
        with pytest.raises(InputError, match=f"a{row} in .*a.parquet has no image, only a null"):
            images.read(ids[row])
    assert images.read(ids[3]) == encoded(3)


def test_a_damaged_row_group_leaves_the_others(two_files):
    damage(two_files / "a.parquet", "image.bytes")
    images, ids = opened(two_files)
    for row in (0, 1, 3, 0):
        with pytest.raises(InputError, match=rf"a{row} cannot be read, since .*a.parquet is damaged in row group 0"):
            images.read(ids[row])
    assert images.read(ids[4]) == encoded(4)
    assert images.read(ids[14]) == encoded(14)


def test_page_checksums_are_verified(tmp_path):
    path = write(tmp_path / "a.parquet", faces(range(4)), write_page_checksum=True, compression="none",
                 use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[data.rindex(encoded(3), 0, data.index(b"000000.png")) + 50] ^= 1  # in the page, not in its statistics
    path.write_bytes(data)
    images, ids = opened(path)
    with pytest.raises(InputError, match="damaged in row group 0 .*CRC"):
        images.read(ids[0])


def test_a_file_that_is_gone_or_shorter(two_files):
    images, ids = opened(two_files)
    write(two_files / "a.parquet", faces(range(3)))
    (two_files / "b.parquet").unlink()
    for row, complaint in ((3, "the rows end too early"), (12, "No such file")):
        with pytest.raises(InputError, match=complaint):
            images.read(ids[row])
