import json

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data import shard_files, shards
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES, SPLITS

IMAGES = {"train": 25, "valid": 0, "test": 7}
SIZE, PART_ROWS = 8, 10


def rows(split: str) -> tuple[np.ndarray, ...]:
    """image_ids, pixels, attributes, landmarks."""
    random = np.random.default_rng(len(split))
    count = IMAGES[split]
    return (np.array([f"{split}-{row:03}.jpg" for row in range(count)], dtype=str),
            random.integers(0, 256, (count, 3, SIZE, SIZE), dtype=np.uint8),
            random.random((count, 40)) < 0.5, random.integers(0, 178, (count, 5, 2)).astype(np.int16))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_files, "ROW_GROUP_ROWS", 4)
    for split, count in IMAGES.items():
        for number, start in enumerate(range(0, max(1, count), PART_ROWS)):
            part = [values[start:start + PART_ROWS] for values in rows(split)]
            shard_files.write_part(tmp_path, "aligned", split, number, *part, about={"source": "random numbers"})
    (tmp_path / "view=aligned" / "_manifest.json").write_text(
        json.dumps({"image_size": SIZE, "view": "aligned", "images": IMAGES}))
    return tmp_path


@pytest.mark.parametrize("split", SPLITS)
def test_load_gives_back_what_was_written(root, split):
    image_ids, pixels, attributes, _ = rows(split)
    faces = shards.load(root, "aligned", split)
    assert faces.image_ids.tolist() == image_ids.tolist()
    np.testing.assert_array_equal(faces.pixels, pixels)
    np.testing.assert_array_equal(faces.attributes, attributes)
    assert faces.pixels.flags.c_contiguous and faces.pixels.flags.writeable and faces.attributes.dtype == bool


def test_load_attributes(root):
    image_ids, splits, attributes = shards.load_attributes(root, ["train", "test"])
    assert image_ids.tolist() == rows("train")[0].tolist() + rows("test")[0].tolist()
    assert splits.tolist() == ["train"] * 25 + ["test"] * 7
    np.testing.assert_array_equal(attributes, np.concatenate([rows("train")[2], rows("test")[2]]))
    assert shards.load_attributes(root)[0].tolist() == image_ids.tolist()


@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 100])
def test_batches(root, batch_size):
    image_ids, pixels, _, _ = rows("train")
    found = list(shards.batches(root, "aligned", "train", batch_size))
    assert {len(ids) for ids, _ in found[:-1]} <= {batch_size}
    assert np.concatenate([ids for ids, _ in found]).tolist() == image_ids.tolist()
    np.testing.assert_array_equal(np.concatenate([batch for _, batch in found]), pixels)
    assert list(shards.batches(root, "aligned", "valid", batch_size)) == []


def test_pandas_reads_them(root):
    image_ids, pixels, attributes, landmarks = rows("train")
    table = pandas.read_parquet(root / "view=aligned")
    table = table[table["split"] == "train"]
    assert table["image_id"].tolist() == image_ids.tolist()
    np.testing.assert_array_equal(np.stack(table["pixels"]).reshape(-1, 3, SIZE, SIZE), pixels)
    np.testing.assert_array_equal(table["Smiling"], attributes[:, ATTRIBUTES.index("Smiling")])
    np.testing.assert_array_equal(table["righteye_y"], landmarks[:, 1, 1])


def test_schema_describes_itself(root):
    schema = pq.read_schema(root / "view=aligned" / "split=test" / "part-00000.parquet")
    assert schema.field("pixels").type == pa.fixed_shape_tensor(pa.uint8(), (3, SIZE, SIZE))
    assert len(schema) == 2 + 40 + 10 and all(b"description" in field.metadata for field in schema)
    assert schema.metadata[b"source"] == b"random numbers" and schema.metadata[b"split"] == b"test"


def test_content_decides_the_sha256(tmp_path):
    part = list(rows("test"))

    def write(number=0):
        return shard_files.write_part(tmp_path, "aligned", "test", number, *part, about={})

    first = write()
    assert write(1) == first
    for values in range(1, 4):
        kept = part[values]
        part[values] = kept.copy()
        part[values].flat[0] = not part[values].flat[0]
        assert write() != first
        part[values] = kept
    assert not list(tmp_path.rglob("*.partial"))


def test_missing(tmp_path):
    for read in (lambda: shards.manifest(tmp_path / "nothing", "aligned"), lambda: shards.load_attributes(tmp_path),
                 lambda: shards.load(tmp_path, "aligned", "train"),
                 lambda: shards.batches(tmp_path, "aligned", "train", 4)):
        with pytest.raises(InputError, match="^no shards of a view 'aligned' at .*; run `dvc repro prepare`$"):
            read()


def test_unknown_view_and_split(root):
    with pytest.raises(InputError, match="no shards of a view 'mouth' at .*; run `dvc repro prepare`"):
        shards.load(root, "mouth", "train")
    with pytest.raises(InputError, match="no split 'held_out' of view aligned, only train, valid, test"):
        shards.load(root, "aligned", "held_out")


def test_a_view_is_there_once_its_manifest_is(root):
    begun = shards.part_name("eyes", "train", 0)
    (root / begun).parent.mkdir(parents=True)
    (root / begun).write_bytes(b"")
    assert shards.views(root) == ["aligned"] and shards.views(root / "nothing") == []
    (root / shards.manifest_name("eyes")).write_text("{")
    assert shards.views(root) == ["aligned", "eyes"]
    with pytest.raises(InputError, match="view=eyes/_manifest.json is damaged .*dvc repro --force prepare"):
        shards.manifest(root, "eyes")


def test_damaged(root):
    path = root / "view=aligned" / "split=train" / "part-00001.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="part-00001.parquet is damaged .*dvc repro --force prepare"):
        shards.load(root, "aligned", "train")
    path.unlink()
    with pytest.raises(InputError, match="has 15 instead of 25 train images"):
        shards.load(root, "aligned", "train")


def test_unknown_attributes(root):
    path = root / "view=aligned" / "split=test" / "part-00000.parquet"
    table = pq.read_table(path, partitioning=None)
    column = table.schema.get_field_index("Bald")
    pq.write_table(table.set_column(column, table.schema.field(column), pa.nulls(7, pa.bool_())), path)
    assert len(list(shards.batches(root, "aligned", "test", 7))) == 1
    with pytest.raises(InputError, match="Bald is unknown"):
        shards.load(root, "aligned", "test")
