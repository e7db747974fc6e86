import json
from typing import NamedTuple

import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data import by_id, shard_files, shards
from pipeline.data.attributes import Attributes, all_known, concatenated, no_attributes
from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS

IMAGES = {"train": 25, "valid": 0, "test": 7}
NAMES = ("Smiling", "with glasses", "älter")
SIZE, PART_ROWS = 8, 10


class Rows(NamedTuple):
    """What a part is written of."""

    image_ids: np.ndarray
    pixels: np.ndarray
    attributes: Attributes
    landmarks: np.ndarray

    def of_rows(self, rows) -> "Rows":
        return Rows(self.image_ids[rows], self.pixels[rows], self.attributes.of_rows(rows), self.landmarks[rows])


def rows(split: str) -> Rows:
    """Return the rows of a split. One value in ten of the attributes is unknown."""
    random = np.random.default_rng(len(split))
    count = IMAGES[split]
    known = random.random((count, 3)) < 0.9
    return Rows(np.array([f"{split}-{row:03}.jpg" for row in range(count)], dtype=str),
                random.integers(0, 256, (count, 3, SIZE, SIZE), dtype=np.uint8),
                Attributes(NAMES, known & (random.random((count, 3)) < 0.5), known),
                random.integers(0, 178, (count, 5, 2)).astype(np.int16))


def assert_same(found: Attributes, expected: Attributes) -> None:
    assert found.names == expected.names
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.known, expected.known)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_files, "ROW_GROUP_ROWS", 4)
    for split, count in IMAGES.items():
        for number, start in enumerate(range(0, max(1, count), PART_ROWS)):
            part = rows(split).of_rows(slice(start, start + PART_ROWS))
            shard_files.write_part(tmp_path, "aligned", split, number, *part, about={"source": "random numbers"})
    (tmp_path / "view=aligned" / "_manifest.json").write_text(
        json.dumps({"image_size": SIZE, "view": "aligned", "images": IMAGES, "attributes": NAMES}))
    return tmp_path


@pytest.mark.parametrize("split", SPLITS)
def test_load_gives_back_what_was_written(root, split):
    image_ids, pixels, attributes, _ = rows(split)
    faces = shards.load(root, "aligned", split)
    assert faces.image_ids.tolist() == image_ids.tolist()
    np.testing.assert_array_equal(faces.pixels, pixels)
    assert_same(faces.attributes, attributes)
    assert faces.pixels.flags.c_contiguous and faces.pixels.flags.writeable


def test_load_attributes_reads_split_after_split(root):
    image_ids, splits, attributes = shards.load_attributes(root, ["train", "test"])
    assert image_ids.tolist() == rows("train")[0].tolist() + rows("test")[0].tolist()
    assert splits.tolist() == ["train"] * 25 + ["test"] * 7
    assert_same(attributes, concatenated([rows("train").attributes, rows("test").attributes]))
    assert not attributes.known.all() and attributes.known.any(axis=0).all()
    assert shards.load_attributes(root)[0].tolist() == image_ids.tolist()


def test_attributes_join_images_by_id(root):
    image_ids, _, attributes = shards.load_attributes(root)
    assert_same(by_id.attributes_of(root, image_ids), attributes)
    order = np.random.default_rng(0).permutation(len(image_ids))[:20]
    for ids in (image_ids[order], image_ids[order].astype(object)):  # numpy's and pyarrow's strings
        assert_same(by_id.attributes_of(root, ids), attributes.of_rows(order))
    assert_same(by_id.attributes_of(root, rows("test").image_ids, ["test"]), rows("test").attributes)
    assert by_id.attributes_of(root, np.array([], object)).values.shape == (0, 3)


def test_pixels_join_images_by_id(root):
    image_ids, _, _ = shards.load_attributes(root, ["valid", "train"])
    pixels = np.concatenate([shards.load(root, "aligned", split).pixels for split in ("valid", "train")])
    order = np.random.default_rng(0).permutation(len(image_ids))
    np.testing.assert_array_equal(by_id.pixels_of(root, image_ids[order], ["valid", "train"]), pixels[order])


def test_an_image_without_attributes_is_named(root):
    image_ids = rows("train")[0]
    with pytest.raises(InputError, match="^train-000.jpg \\(and 24 more\\) has features, but is not among the test "
                                         "images of view aligned in .*; run `dvc repro`$"):
        by_id.attributes_of(root, image_ids, ["test"])
    with pytest.raises(InputError, match="^stranger.jpg has features, but is not among the train, valid, test images"):
        by_id.attributes_of(root, np.array([*image_ids, "stranger.jpg"]))


def test_an_image_that_is_given_twice_is_named(root):
    image_ids = rows("train")[0]
    with pytest.raises(InputError, match="^train-003.jpg has features twice"):
        by_id.attributes_of(root, np.array([*image_ids, image_ids[3]]))


def test_an_image_that_the_shards_hold_twice_is_named(root):
    part = rows("test")
    part = part._replace(image_ids=np.array([*part.image_ids[:6], part.image_ids[2]]))
    shard_files.write_part(root, "aligned", "test", 0, *part, about={})
    with pytest.raises(InputError, match="^test-002.jpg stands twice in the shards in .*dvc repro --force prepare"):
        by_id.attributes_of(root, rows("train")[0])


@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 100])
def test_batches_hold_a_split_in_order(root, batch_size):
    image_ids, pixels, _, _ = rows("train")
    found = list(shards.batches(root, "aligned", "train", batch_size))
    assert {len(ids) for ids, _ in found[:-1]} <= {batch_size}
    assert np.concatenate([ids for ids, _ in found]).tolist() == image_ids.tolist()
    np.testing.assert_array_equal(np.concatenate([batch for _, batch in found]), pixels)
    assert list(shards.batches(root, "aligned", "valid", batch_size)) == []


@pytest.mark.parametrize(("count", "groups"), [(1, 1), (4, 1), (5, 2), (11, 4), (25, 8), (100, 8)])
def test_the_first_pixels_need_the_first_row_groups_alone(root, monkeypatch, count, groups):
    """A row group holds 4 images, and a part 10: 4, 4 and 2."""
    read, read_row_group = [], shards.read_row_group
    monkeypatch.setattr(shards, "read_row_group", lambda *given: read.append(given) or read_row_group(*given))
    found = shards.first_pixels(root, "aligned", "train", count)
    np.testing.assert_array_equal(found, rows("train").pixels[:count])
    assert len(read) == groups and found.dtype == np.uint8


@pytest.mark.parametrize(("places", "groups"), [([24, 1, 3], 2), ([9, 8], 1), ([], 0), (list(range(24, -1, -1)), 8)])
def test_the_pixels_of_some_images_need_their_row_groups_alone(root, monkeypatch, places, groups):
    read, read_row_group = [], shards.read_row_group
    monkeypatch.setattr(shards, "read_row_group", lambda *given: read.append(given) or read_row_group(*given))
    found = shards.pixels_at(root, "aligned", "train", np.array(places, int))
    np.testing.assert_array_equal(found, rows("train").pixels[places])
    assert len(read) == groups and found.dtype == np.uint8


def test_the_first_pixels_of_an_empty_split_are_none(root):
    found = shards.first_pixels(root, "aligned", "valid", 3)
    assert found.shape == (0, 3, SIZE, SIZE) and found.dtype == np.uint8


def test_pandas_reads_the_files(root):
    image_ids, pixels, attributes, landmarks = rows("train")
    table = pandas.read_parquet(root / "view=aligned")
    table = table[table["split"] == "train"]
    assert table["image_id"].tolist() == image_ids.tolist()
    np.testing.assert_array_equal(np.stack(table["pixels"]).reshape(-1, 3, SIZE, SIZE), pixels)
    smiling = [value if known else None for value, known in zip(attributes.values[:, 0].tolist(),
                                                                attributes.known[:, 0].tolist(), strict=True)]
    assert table["Smiling"].tolist() == smiling and None in smiling
    np.testing.assert_array_equal(table["righteye_y"], landmarks[:, 1, 1])


def test_the_schema_describes_its_columns(root):
    schema = pq.read_schema(root / "view=aligned" / "split=test" / "part-00000.parquet")
    assert schema.field("pixels").type == pa.fixed_shape_tensor(pa.uint8(), (3, SIZE, SIZE))
    assert len(schema) == 2 + 3 + 10 and all(b"description" in field.metadata for field in schema)
    assert schema.metadata[b"source"] == b"random numbers" and schema.metadata[b"split"] == b"test"


def test_the_sha256_depends_on_the_content_only(tmp_path):
    def write(part: Rows, number: int = 0) -> str:
        return shard_files.write_part(tmp_path, "aligned", "test", number, *part, about={})

    part = rows("test")
    first, attributes = write(part), part.attributes
    pixels, landmarks = part.pixels.copy(), part.landmarks.copy()
    pixels.flat[0] += 1
    landmarks.flat[0] += 1
    no_longer_known = Attributes(NAMES, np.zeros_like(attributes.values), np.zeros_like(attributes.known))
    others = [part._replace(pixels=pixels), part._replace(landmarks=landmarks), part._replace(landmarks=None),
              part._replace(attributes=all_known(NAMES, attributes.values)),
              part._replace(attributes=no_longer_known),
              part._replace(attributes=Attributes(("Bald", *NAMES[1:]), attributes.values, attributes.known))]
    assert write(part, 1) == first and len({first, *map(write, others)}) == 1 + len(others)
    assert not list(tmp_path.rglob("*.part"))


def test_missing_shards_are_one_sentence(tmp_path):
    for read in (lambda: shards.manifest(tmp_path / "nothing", "aligned"), lambda: shards.load_attributes(tmp_path),
                 lambda: shards.load(tmp_path, "aligned", "train"),
                 lambda: shards.first_pixels(tmp_path, "aligned", "train", 4),
                 lambda: shards.batches(tmp_path, "aligned", "train", 4)):
        with pytest.raises(InputError, match="^no shards of a view 'aligned' at .*; run `dvc repro prepare`$"):
            read()


def test_an_unknown_view_or_split_is_named(root):
    with pytest.raises(InputError, match="no shards of a view 'mouth' at .*; run `dvc repro prepare`"):
        shards.load(root, "mouth", "train")
    with pytest.raises(InputError, match="no split 'held_out' of view aligned, only train, valid, test"):
        shards.load(root, "aligned", "held_out")


def test_a_view_is_listed_once_it_has_its_manifest(root):
    begun = shards.part_name("eyes", "train", 0)
    (root / begun).parent.mkdir(parents=True)
    (root / begun).write_bytes(b"")
    assert shards.views(root) == ["aligned"] and shards.views(root / "nothing") == []
    (root / shards.manifest_name("eyes")).write_text("{}")
    assert shards.views(root) == ["aligned", "eyes"]
    (root / shards.manifest_name("eyes")).write_text("{")
    for read in (lambda: shards.views(root), lambda: shards.manifest(root, "eyes")):
        with pytest.raises(InputError, match="view=eyes/_manifest.json is damaged .*dvc repro --force prepare"):
            read()


def test_damaged_and_missing_files_are_named(root):
    path = root / "view=aligned" / "split=train" / "part-00001.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="part-00001.parquet is damaged .*dvc repro --force prepare"):
        shards.load(root, "aligned", "train")
    path.unlink()
    with pytest.raises(InputError, match="has 15 instead of 25 train images"):
        shards.load(root, "aligned", "train")


def test_faces_without_attributes_and_landmarks(tmp_path):
    part = rows("test")
    part = part._replace(attributes=no_attributes(7), landmarks=None)
    shard_files.write_part(tmp_path, "aligned", "test", 0, *part, about={})
    (tmp_path / "view=aligned" / "_manifest.json").write_text(
        json.dumps({"image_size": SIZE, "view": "aligned", "images": {"test": 7}, "attributes": []}))
    faces = shards.load(tmp_path, "aligned", "test")
    np.testing.assert_array_equal(faces.pixels, part.pixels)
    assert faces.attributes.values.shape == (7, 0)
    assert by_id.attributes_of(tmp_path, part.image_ids, ["test"]).names == ()
    table = pq.read_table(tmp_path / shards.part_name("aligned", "test", 0), partitioning=None)
    assert table["nose_x"].null_count == 7


def test_a_view_without_images_says_why(root):
    name = root / shards.manifest_name("mouth")
    name.parent.mkdir()
    name.write_text(json.dumps({"view": "mouth", shards.MISSING: "these images have no landmarks"}))
    assert shards.views(root) == ["aligned"]
    with pytest.raises(InputError, match="has no images of the view mouth: these images have no landmarks$"):
        shards.load(root, "mouth", "train")
