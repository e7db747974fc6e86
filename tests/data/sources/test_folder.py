"""A folder of photographs: pictures of many formats, tables beside them, splits, and what is refused."""

import os
import pickle

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.data.celeba_layout import LANDMARKS
from pipeline.data.dataset import Given
from pipeline.data.picture import read_picture
from pipeline.data.source import load_source, open_source
from pipeline.data.sources import folder
from pipeline.data.splits import Splitting, split_by_hash
from pipeline.errors import InputError
from pipeline.vocabulary import SOURCES, SPLITS, choices

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 2, 3), np.uint8).repeat(16, 0).repeat(16, 1)
IDS = [f"{person}/{number}.jpg" for person in ("anna", "ben", "carla", "dora", "emil", "fay") for number in range(3)]


@pytest.fixture
def root(tmp_path):
    """Eighteen photographs of six persons."""
    for image_id in IDS:
        path = tmp_path / "photos" / image_id
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS).save(path)
    return tmp_path / "photos"


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame({"image_id": IDS, "Smiling": random.integers(0, 2, 18),
                         "Hat": random.integers(0, 2, 18) * 2 - 1,
                         "person": [image_id.split("/")[0] for image_id in IDS],
                         "set": np.repeat(["train", "val", "test"], [9, 3, 6])})


@pytest.fixture
def given(root, tmp_path):
    def write(attributes=None, landmarks=None, **splitting) -> Given:
        paths = []
        for name, table in (("attributes.csv", attributes), ("landmarks.csv", landmarks)):
            if table is not None:
                table.to_csv(tmp_path / name, index=False)
            paths.append(None if table is None else tmp_path / name)
        return Given(root, Splitting(**splitting), *paths)
    return write


def refused(given: Given) -> str:
    with pytest.raises(InputError) as caught:
        folder.open_dataset(given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_is_a_choice_of_data_source():
    assert "folder" in choices(SOURCES) and load_source("folder") is folder
    assert not folder.HAS_LANDMARKS


def test_pictures_of_many_formats_come_upright_and_in_rgb(tmp_path):
    picture = Image.fromarray(PIXELS)
    exif = Image.Exif()
    exif[0x112] = 6
    clear = picture.convert("RGBA")
    clear.putalpha(255)
    forms = {"a.jpg": picture, "b/c.PNG": picture, "b/d/e.webp": picture, "f.tiff": picture, "g.bmp": picture,
             "h.gif": picture.convert("P", palette=Image.Palette.ADAPTIVE), "i.png": clear, "j.ppm": picture,
             "k.jpeg": picture.convert("CMYK"), "grey.jpg": picture.convert("L"),
             "turned.jpg": picture.rotate(90, expand=True)}
    for name, image in forms.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        image.save(tmp_path / name, **({"exif": exif} if name == "turned.jpg" else {}))
    dataset = folder.open_dataset(Given(tmp_path))
    assert dataset.image_ids.tolist() == sorted(forms)
    images = pickle.loads(pickle.dumps(dataset.images))
    for image_id in forms:
        found = np.asarray(read_picture(image_id, images.read(image_id), images.path)).astype(int)
        expected = np.asarray(picture.convert("L").convert("RGB")) if image_id == "grey.jpg" else PIXELS
        assert found.shape == (48, 32, 3) and np.abs(found - expected).mean() < 12, image_id


def test_without_tables(given):
    dataset = folder.open_dataset(given())
    assert dataset.image_ids.tolist() == IDS and dataset.landmarks is None
    assert dataset.attributes.names == () and dataset.attributes.values.shape == (18, 0)
    np.testing.assert_array_equal(dataset.split, split_by_hash(np.array(IDS), (0.8, 0.1, 0.1)))
    assert dataset.notes == ("no partition is given: the images are split by a hash, as with data.test hash",)
    assert folder.open_dataset(given(test="hash")).notes == ()
    last = folder.open_dataset(given(test=4, valid_images=2))
    assert last.split.tolist() == ["train"] * 12 + ["valid"] * 2 + ["test"] * 4


def test_attributes_persons_and_splits_from_a_table(given, frame):
    columns = {"split_column": "set", "person_column": "person"}
    dataset = folder.open_dataset(given(frame.sample(frac=1, random_state=0), **columns))
    assert dataset.attributes.names == ("Smiling", "Hat") and dataset.attributes.known.all() and dataset.notes == ()
    np.testing.assert_array_equal(dataset.attributes.values, frame[["Smiling", "Hat"]] == 1)
    assert dataset.split.tolist() == ["train"] * 9 + ["valid"] * 3 + ["test"] * 6
    by_person = folder.open_dataset(given(frame, test="hash", shares=(0.4, 0.3, 0.3), **columns))
    assert [len(set(by_person.split[start:start + 3])) for start in range(0, 18, 3)] == [1] * 6
    thinned = folder.open_dataset(given(frame, limit=6, **columns))
    assert thinned.image_ids.tolist() == IDS[::3] and thinned.split.tolist() == ["train"] * 3 + ["valid"] + ["test"] * 2
    assert thinned.attributes.values.tolist() == (frame[["Smiling", "Hat"]] == 1).to_numpy()[::3].tolist()


def test_unknown_values(given, frame):
    frame = frame.drop(columns=["person", "set"]).astype({"Hat": object})
    frame.loc[[0, 5], "Hat"] = [np.nan, "NA"]
    dataset = folder.open_dataset(given(frame[:-2], test="hash"))
    assert np.argwhere(~dataset.attributes.known).tolist() == [[0, 1], [5, 1], [16, 0], [16, 1], [17, 0], [17, 1]]
    [note] = dataset.notes
    assert note.endswith("attributes.csv does not list 2 images of 18, first fay/1.jpg: their values are unknown")


def test_landmarks_in_a_table_of_their_own_or_in_the_same(given, frame):
    points = np.random.default_rng(2).random((18, 10)).round(3) * 30
    own = pd.DataFrame(points, columns=LANDMARKS).assign(image_id=[image_id.split(".")[0] for image_id in IDS])
    dataset = folder.open_dataset(given(None, own, test="hash"))
    assert dataset.landmarks.dtype == np.float32
    np.testing.assert_array_equal(dataset.landmarks, points.reshape(18, 5, 2).astype(np.float32))
    both = given(frame[["image_id", "Hat"]].join(own[list(LANDMARKS)]), test="hash")
    dataset = folder.open_dataset(both)
    assert dataset.landmarks is None and dataset.attributes.names == ("Hat",)
    assert dataset.notes[0].endswith("attributes.csv are not used: set data.landmarks to it, too")
    dataset = folder.open_dataset(both._replace(landmarks=both.attributes))
    np.testing.assert_array_equal(dataset.landmarks[3], points[3].reshape(5, 2).astype(np.float32))
    assert dataset.attributes.names == ("Hat",) and dataset.notes == ()
    assert "lacks landmarks of 3 of 18 images, first lefteye_x of fay/0.jpg: add them" in refused(given(None, own[:15]))


@pytest.mark.parametrize(("change", "problem"), [
    ({"age": range(18)}, "attributes.csv, column 'age': anna/2.jpg has '2'"),
    ({"person": "x"}, "the person 'x' is in the splits train and valid"),
    ({"set": "eval"}, "attributes.csv, column set, names the split 'eval' for anna/0.jpg (and 17 more images)"),
    ({"set": None}, "attributes.csv, column set, names no split for anna/0.jpg (and 17 more images)"),
    ({"a/b": 1}, "attributes.csv has an attribute called 'a/b'"),
    ({"lefteye_x": 1}, "attributes.csv has an attribute called lefteye_x, which another column of the results is"),
    ({"image_id": range(100, 118)}, "attributes.csv has 18 rows, and only 0 of them are of the 18 images: it has 100"),
])
def test_tables_that_are_refused(given, frame, change, problem):
    assert problem in refused(given(frame.assign(**change), split_column="set", person_column="person"))


def test_columns_that_are_missing(given, frame):
    assert "data.split_column is 'sets', but " in refused(given(frame, split_column="sets"))
    assert "did you mean person?" in refused(given(frame, test="hash", person_column="persons"))
    assert refused(given(split_column="set")) == ("data.split_column is 'set', but there is no table: set "
                                                  "data.attributes to one that has this column")
    assert refused(given()._replace(landmarks=given().root / "none.csv")).endswith("none.csv is missing: name a table, "
                                                                                  ".csv or .parquet")


def test_folders_named_by_splits(tmp_path):
    for name in SPLITS:
        for number in range(3):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{number}.jpg").write_bytes(b"")
    dataset = folder.open_dataset(Given(tmp_path))
    assert dataset.split.tolist() == [image_id.split("/")[0] for image_id in dataset.image_ids] and dataset.notes == ()
    for number in range(3):
        (tmp_path / "valid" / f"{number}.jpg").unlink()
    with pytest.raises(InputError, match="into 3 train, 0 valid, 3 test, .*; take more images, or mend their part"):
        open_source("folder", Given(tmp_path))


def test_folders_without_images(tmp_path):
    assert refused(Given(tmp_path)).startswith(f"{tmp_path} has no images: data.root should hold files .jpg .jpeg")
    (tmp_path / "a.heic").write_bytes(b"")
    assert refused(Given(tmp_path)).startswith(f"{tmp_path} has no images (it has 1 .heic): ")
    (tmp_path / "a.jpg").write_bytes(b"")
    assert folder.open_dataset(Given(tmp_path, Splitting("hash"))).notes == (
        f"{tmp_path} has other files than images, which are left out: 1 .heic",)


def test_the_fingerprint_is_of_names_and_contents(given, root, frame, tmp_path):
    with_table = given(frame)
    first = folder.fingerprint(with_table)
    assert set(first) == {"images", "attributes"} and first["images"]["images"] == 18
    assert first["images"]["bytes"] == sum((root / image_id).stat().st_size for image_id in IDS)
    root.rename(tmp_path / "moved")
    moved = with_table._replace(root=tmp_path / "moved")
    assert folder.fingerprint(moved) == first
    os.utime(moved.root / IDS[0], (0, 0))
    assert folder.fingerprint(moved) == first
    seen = [first]
    paths = [moved.root / image_id for image_id in IDS]
    for change in (lambda: paths[0].write_bytes(b"x"), lambda: paths[1].rename(moved.root / "new.jpg"), paths[2].unlink,
                   lambda: (moved.root / "loop.jpg").symlink_to("loop.jpg"),
                   lambda: with_table.attributes.write_text("x")):
        change()
        found = folder.fingerprint(moved)
        assert found not in seen
        seen.append(found)
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "0.parquet").write_bytes(b"a")
    of_parts = folder.fingerprint(moved._replace(landmarks=parts))["landmarks"]
    (parts / "0.parquet").rename(parts / "1.parquet")
    assert folder.fingerprint(moved._replace(landmarks=parts))["landmarks"] != of_parts
