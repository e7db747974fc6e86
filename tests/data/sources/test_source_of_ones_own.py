"""The fifth source of docs/sources.md, to the letter, and the tables that it shows."""

import io
import pickle
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config.fields import check_source
from pipeline.data.dataset import Given
from pipeline.data.picture import read_picture
from pipeline.data.source import fingerprint, in_words, open_source
from pipeline.data.sources import folder
from pipeline.data.splits import Splitting
from pipeline.errors import InputError
from pipeline.vocabulary import SOURCES

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/sources.md").read_text()
ATTRIBUTES, LANDMARKS = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def tar(tmp_path, own_choice) -> Path:
    [source] = re.findall(r"```python\n# pipeline/data/sources/tar.py\n(.*?)```", DOCUMENT, re.DOTALL)
    own_choice(SOURCES, "tar", source)
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        for name, level in (*((f"p/{number:02}.png", number) for number in range(19, -1, -1)), ("p/readme.txt", 0)):
            file = io.BytesIO()
            Image.new("L", (40, 30), level).save(file, "PNG")
            member = tarfile.TarInfo(name)
            member.size = file.tell()
            file.seek(0)
            archive.addfile(member, file)
    return tmp_path / "photos.tar"


def test_the_documents_source(tar, tmp_path):
    assert check_source("tar") == "tar" and in_words("tar") == "photographs (tar)"
    (tmp_path / "t.csv").write_text("image_id,Hat\n" + "".join(f"{number:02},{number % 2}\n" for number in range(20)))
    given = Given(tar, Splitting(4, 4), tmp_path / "t.csv")
    dataset = open_source("tar", given)
    assert dataset.image_ids.tolist() == [f"p/{number:02}.png" for number in range(20)]
    assert dataset.split.tolist() == ["train"] * 12 + ["valid"] * 4 + ["test"] * 4
    assert dataset.attributes.values[:, 0].tolist() == [False, True] * 10
    images = pickle.loads(pickle.dumps(dataset.images))
    for number, image_id in enumerate(dataset.image_ids.tolist()):
        pixels = np.asarray(read_picture(image_id, images.read(image_id), images.path))
        assert pixels.shape == (30, 40, 3) and (pixels == number).all()
    found = fingerprint("tar", given)
    assert set(found) == {"images", "attributes"} and found["images"]["bytes"] == tar.stat().st_size


def test_the_documents_source_refuses_in_one_sentence(tar, tmp_path):
    (tmp_path / "no.tar").write_bytes(b"x" * 2000)
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    for name, problem in (("no.tar", "is no tar that can be read"), ("none.tar", "is no tar that can be read"),
                          ("empty.tar", "has no images")):
        with pytest.raises(InputError, match=f"^[^\n]*{name} {problem}[^\n]*: set data.root to [^\n]*$"):
            open_source("tar", Given(tmp_path / name))


def test_the_documents_tables(tmp_path):
    for image_id in ("anna/0001.jpg", "anna/0002.jpg", "ben/0001.jpg", "carla/0001.jpg"):
        (tmp_path / "photos" / image_id).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / image_id).write_bytes(b"")
    (tmp_path / "table.csv").write_text(ATTRIBUTES)
    given = Given(tmp_path / "photos", Splitting(split_column="set", person_column="person"), tmp_path / "table.csv")
    dataset = folder.open_dataset(given)
    assert dataset.attributes.names == ("Smiling", "Glasses", "Red hair") and dataset.notes == ()
    assert np.argwhere(~dataset.attributes.known).tolist() == [[1, 1], [2, 2]]
    assert dataset.split.tolist() == ["train", "train", "valid", "test"]
    for image_id in dataset.image_ids[1:].tolist():
        (tmp_path / "photos" / image_id).unlink()
    (tmp_path / "landmarks.csv").write_text(LANDMARKS)
    points = folder.open_dataset(Given(tmp_path / "photos", Splitting("hash"), None, tmp_path / "landmarks.csv"))
    assert points.landmarks.tolist() == [[[412.5, 380], [540, 377.5], [480, 450], [425, 512.5], [530, 510]]]
