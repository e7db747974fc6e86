"""Parquet files as the common mirrors have them: ids, splits, order, attributes and images."""

import shutil

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data.dataset import Given
from pipeline.data.prepare import prepare
from pipeline.data.source import open_source
from pipeline.data.sources.celeba import open_celeba
from pipeline.data.sources.parquet import fingerprint, open_dataset
from pipeline.data.splits import Splitting
from pipeline.errors import InputError
from tests.data.parquet_faces import IMAGE, alternating, damage, encoded, faces, write

SPLITS = {"train": range(1, 13), "valid": range(13, 17), "test": range(17, 21)}


@pytest.fixture
def mirror(tmp_path):
    """A folder with one file per split, two for train."""
    for name, numbers in (("train-00000-of-00002", range(1, 7)), ("train-00001-of-00002", range(7, 13)),
                          ("validation-00000-of-00001", range(13, 17)), ("test-00000-of-00001", range(17, 21))):
        smiling = [number % 2 == 0 for number in numbers]
        write(tmp_path / "mirror" / "data" / f"{name}.parquet",
              faces(numbers, celeb_id=[7 * number for number in numbers], Smiling=smiling,
                    Male=np.where(smiling, -1, 1), label=[0] * len(numbers)))
    return tmp_path / "mirror"


def check_against_numbers(dataset):
    numbers = [int(image_id[:6]) for image_id in dataset.image_ids]
    assert numbers == list(range(1, 21))
    assert dataset.split.tolist() == ["train"] * 12 + ["valid"] * 4 + ["test"] * 4
    assert dataset.attributes.names == ("Smiling", "Male")
    even = np.array(numbers) % 2 == 0
    assert dataset.attributes.known.all()
    assert (dataset.attributes.values == np.stack([even, ~even], 1)).all()
    assert [dataset.images.read(image_id) for image_id in dataset.image_ids] == [encoded(n) for n in numbers]


def test_mirror_of_one_file_per_split(mirror):
    dataset = open_source("parquet", Given(mirror))
    check_against_numbers(dataset)
    assert dataset.landmarks is None
    assert len(dataset.notes) == 1
    assert "celeb_id (int64, but not two values" in dataset.notes[0]
    assert "label (int64" in dataset.notes[0]


def test_one_file_with_a_column_of_splits_in_any_order_of_columns(tmp_path):
    numbers = np.arange(1, 21)
    table = faces(numbers, split=["TRAIN"] * 12 + ["val"] * 4 + ["2"] * 4, Smiling=(numbers % 2 == 0).astype(float),
                  Male=np.where(numbers % 2, "yes", "no"))
    path = write(tmp_path / "celeba.parquet", table.select(table.column_names[::-1]), rows=100)
    dataset = open_dataset(Given(path, Splitting(split_column="split")))
    assert dataset.attributes.names == ("Male", "Smiling")
    assert dataset.notes == ()
    dataset = open_dataset(Given(write(tmp_path / "celeba.parquet", table), Splitting(split_column="split")))
    check_against_numbers(dataset)


def test_hive_folders_and_ids_of_rows(tmp_path):
    for split, numbers in SPLITS.items():
        write(tmp_path / f"split={split}" / "0000.parquet", faces(numbers, paths=False))
    dataset = open_dataset(Given(tmp_path))
    assert dataset.image_ids[[0, 11, 12, 19]].tolist() == [
        "split=train/0000-000000", "split=train/0000-000011", "split=valid/0000-000000", "split=test/0000-000003"]
    assert dataset.split.tolist() == ["train"] * 12 + ["valid"] * 4 + ["test"] * 4
    assert len(dataset.attributes.names) == 0
    assert dataset.images.read("split=test/0000-000003") == encoded(20)


def test_last_images_are_those_of_the_last_ids_however_the_files_are_cut(mirror):
    dataset = open_dataset(Given(mirror, Splitting(test=5, valid_images=3, limit=10)))
    assert [int(image_id[:6]) for image_id in dataset.image_ids] == list(range(1, 21, 2))
    assert dataset.split.tolist() == ["train"] * 6 + ["valid"] * 2 + ["test"] * 2


def test_a_column_that_may_be_the_partition_is_named(tmp_path):
    table = faces(range(100))
    table = table.append_column("split", pa.array(["train", "test"] * 50))
    write(tmp_path / "celeba.parquet", table)
    assert open_dataset(Given(tmp_path)).notes[0].endswith("; set data.split_column to split if that column is one")


def test_files_all_called_train_are_split_by_a_hash(tmp_path):
    write(tmp_path / "train-00000-of-00001.parquet", faces(range(100)))
    dataset = open_dataset(Given(tmp_path))
    assert set(dataset.split) == {"train", "valid", "test"}
    assert dataset.notes[0].endswith("split by a hash, as with data.test hash")
    again = open_dataset(Given(tmp_path, Splitting(test="hash")))
    assert (again.split == dataset.split).all()


def test_nobody_is_in_two_splits(tmp_path):
    write(tmp_path / "a.parquet", faces(range(100), celeb_id=[number // 5 for number in range(100)]))
    by_person = Given(tmp_path, Splitting(test="hash", person_column="celeb_id"))
    split = open_dataset(by_person).split.reshape(20, 5)
    assert (split == split[:, :1]).all()
    with pytest.raises(InputError, match="the person '5' is in the splits"):
        open_dataset(by_person._replace(splitting=Splitting(test=52, valid_images=20, person_column="celeb_id")))


def test_shuffled_files_keep_their_order(tmp_path):
    numbers = np.random.default_rng(1).permutation(200)
    write(tmp_path / "a.parquet", faces(numbers, Even=numbers % 2 == 0), rows=20)
    dataset = open_dataset(Given(tmp_path))
    assert [int(image_id[:6]) for image_id in dataset.image_ids] == numbers.tolist()
    assert (dataset.attributes.values[:, 0] == (numbers % 2 == 0)).all()
    assert "is shuffled" in dataset.notes[1]


def test_a_table_gives_the_attributes_and_the_files_or_the_table_the_split(tmp_path):
    fold = ["train", "valid", "test", "train"] * 10
    path = write(tmp_path / "a.parquet", faces(range(40), Smiling=alternating(40), fold=fold))
    table = tmp_path / "table.csv"
    table.write_text("image_id,beard,part\n" + "".join(f"{n:06d},{n % 2},{'train' if n < 20 else 'test'}\n"
                                                        for n in range(40)))
    dataset = open_dataset(Given(path, Splitting(split_column="part"), table))
    assert dataset.attributes.names == ("beard",)
    assert (dataset.attributes.values[:, 0] == ~alternating(40)).all()
    assert dataset.split.tolist() == ["train"] * 20 + ["test"] * 20
    with pytest.raises(InputError, match="put them into one"):
        open_dataset(Given(path, Splitting(split_column="fold", person_column="part"), table))
    table.write_text(table.read_text().replace(",part", "").replace(",train", "").replace(",test", ""))
    dataset = open_dataset(Given(path, Splitting(split_column="fold"), table))
    assert dataset.split.tolist() == fold


def test_missing_columns_are_named(mirror):
    for parameter in ("split_column", "person_column"):
        with pytest.raises(InputError, match=f"data.{parameter} is celeb, but .*did you mean celeb_id"):
            open_dataset(Given(mirror, Splitting(**{parameter: "celeb"})))


def test_opening_reads_no_image(mirror):
    for path in mirror.rglob("*.parquet"):
        damage(path, "image.bytes")
    dataset = open_dataset(Given(mirror))
    assert len(dataset) == 20
    with pytest.raises(InputError, match=r"000001.png cannot be read, since .* is damaged in row group 0"):
        dataset.images.read("000001.png")


def test_fingerprint_is_of_the_content_wherever_it_lies(mirror, tmp_path):
    before = fingerprint(Given(mirror))
    assert sorted(before)[0] == "data/test-00000-of-00001.parquet"
    shutil.move(mirror, tmp_path / "elsewhere")
    assert fingerprint(Given(tmp_path / "elsewhere")) == before
    path = tmp_path / "elsewhere" / "data" / "test-00000-of-00001.parquet"
    data = bytearray(path.read_bytes())
    data[50] ^= 1  # in an image; the footer does not tell
    path.write_bytes(data)
    changed = fingerprint(Given(tmp_path / "elsewhere"))
    assert [name for name in before if changed[name] != before[name]] == ["data/test-00000-of-00001.parquet"]


def test_shards_of_a_mirror(mirror, tmp_path):
    manifests = prepare(open_dataset(Given(mirror)), tmp_path / "shards", 32, progress=False)
    assert manifests["aligned"]["images"] == {"train": 12, "valid": 4, "test": 4}
    assert "eyes" not in manifests


def test_a_mirror_of_celeba_is_celeba(shared_celeba, tmp_path):
    zipped = open_celeba(shared_celeba, Splitting(limit=300))
    for split in ("train", "valid", "test"):
        rows = zipped.split == split
        image = pa.array([{"bytes": zipped.images.read(image_id), "path": image_id}
                          for image_id in zipped.image_ids[rows].tolist()], IMAGE)
        of_split = zipped.attributes.of_rows(rows)
        columns = {name: of_split.values[:, number] for number, name in enumerate(of_split.names)}
        write(tmp_path / f"{split}-00000-of-00001.parquet", pa.table({"image": image, **columns}), rows=100)
    dataset = open_dataset(Given(tmp_path))
    assert (dataset.image_ids == zipped.image_ids).all()
    assert (dataset.split == zipped.split).all()
    assert dataset.attributes.names == zipped.attributes.names
    assert (dataset.attributes.values == zipped.attributes.values).all()
    for image_id in zipped.image_ids.tolist():
        assert dataset.images.read(image_id) == zipped.images.read(image_id)
