import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.data.celeba_layout import LANDMARKS
from pipeline.data.found_landmarks import read_landmarks, write_landmarks
from pipeline.errors import InputError

IDS = np.array(["a.jpg", "b.jpg", "c.jpg"])
POINTS = np.random.default_rng(0).random((3, 5, 2)).astype(np.float32) * 1000


def test_landmarks_are_read_by_image_id(tmp_path):
    write_landmarks(tmp_path / "found.parquet", IDS, POINTS)
    np.testing.assert_array_equal(read_landmarks(tmp_path / "found.parquet", IDS), POINTS)
    np.testing.assert_array_equal(read_landmarks(tmp_path / "found.parquet", IDS[[2, 0]]), POINTS[[2, 0]])
    assert read_landmarks(tmp_path / "found.parquet", IDS[:0]).shape == (0, 5, 2)
    table = pq.read_table(tmp_path / "found.parquet")
    assert table.column_names == ["image_id", *LANDMARKS] and table["nose_y"][1].as_py() == POINTS[1, 2, 1]


def test_images_without_landmarks_are_left_out_and_named(tmp_path):
    points = POINTS.copy()
    points[1] = np.nan
    write_landmarks(tmp_path / "found.parquet", IDS, points)
    np.testing.assert_array_equal(read_landmarks(tmp_path / "found.parquet", IDS[::2]), POINTS[::2])
    with pytest.raises(InputError, match="found.parquet has no landmarks of b.jpg .and 1 more.; run `dvc repro"):
        read_landmarks(tmp_path / "found.parquet", np.array(["a.jpg", "b.jpg", "x.jpg"]))


def test_no_image_has_landmarks(tmp_path):
    write_landmarks(tmp_path / "found.parquet", IDS, POINTS * np.nan)
    assert read_landmarks(tmp_path / "found.parquet", IDS[:0]).shape == (0, 5, 2)
    with pytest.raises(InputError, match="no landmarks of a.jpg"):
        read_landmarks(tmp_path / "found.parquet", IDS[:1])


@pytest.mark.parametrize("kind", ["missing", "text", "cut", "other columns"])
def test_what_is_no_such_file_is_refused(tmp_path, kind):
    path = tmp_path / "found.parquet"
    if kind == "text":
        path.write_text("image_id")
    if kind == "cut":
        write_landmarks(path, IDS, POINTS)
        path.write_bytes(path.read_bytes()[:-20])
    if kind == "other columns":
        write_landmarks(path, IDS, POINTS)
        pq.write_table(pq.read_table(path).drop_columns(["nose_x"]), path)
    with pytest.raises(InputError, match="found.parquet is missing or is no file of found landmarks; run `dvc repro"):
        read_landmarks(path, IDS)
