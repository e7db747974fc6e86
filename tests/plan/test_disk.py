"""What is said of the disk before the long work, and when that is refused."""

import json
from pathlib import Path

import pytest

from pipeline.config.loading import load_params
from pipeline.data import space
from pipeline.errors import InputError
from pipeline.plan.disk import notes_on_disk, shards_may_be_there
from tests import tiny

IMAGES = 202_599


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """notes(free, {"data.source": "celeba"}, drawn=0) → the sentences about a disk with so many free bytes."""
    monkeypatch.chdir(tmp_path)

    def notes(free: float, changes: dict[str, object] | None = None, landmarks=True, attributes=True, drawn=0,
              images=IMAGES):
        monkeypatch.setattr(space, "free_bytes", lambda folder: int(free))
        params = load_params(tiny.PARAMS)
        for name, value in {"data.source": "celeba", "data.image_size": 64, **(changes or {})}.items():
            section, key = name.split(".")
            changed = getattr(params, section).model_copy(update={key: value})
            params = params.model_copy(update={section: changed})
        return list(notes_on_disk(params, images, landmarks, attributes, drawn))

    return notes


def test_celebas_shards_are_said_or_refused(notes):
    assert notes(12.5e9) == []
    assert notes(12e9)[0].startswith("data/shards will need about 12.4 GB, and the disk of data has 12 GB free; free ")
    assert notes(10.6e9)[0].startswith("data/shards will need about 12.4 GB, ")
    with pytest.raises(InputError, match="data/shards will need about 12.4 GB, at least 10.6 GB, and the disk of data "
                                         "has 10.5 GB free; free some space, or lower data.limit or data.image_size"):
        notes(10.5e9)
    assert notes(5e9, landmarks=False) == []  # two views


def test_photographs_may_be_grey_so_that_they_are_refused_later(notes):
    assert len(notes(3.2e9, {"data.source": "folder"})) == 1
    with pytest.raises(InputError, match="at least 3.17 GB"):
        notes(3.1e9, {"data.source": "folder"})


def test_drawn_faces_lie_there_too(notes):
    assert notes(14.8e9, {"data.source": "synthetic"}, drawn=IMAGES) == []
    assert notes(14.7e9, {"data.source": "synthetic"}, drawn=IMAGES)[0].startswith(
        "data/shards and data/dataset will need about 14.7 GB, ")
    with pytest.raises(InputError, match="at least 12.6 GB"):
        notes(12.5e9, {"data.source": "synthetic"}, drawn=IMAGES)


def test_what_an_interrupted_prepare_has_written_counts_as_there(notes):
    with pytest.raises(InputError):
        notes(10.5e9)
    part = Path(".checkpoints/prepare/key/shards/part")
    part.parent.mkdir(parents=True)
    with part.open("wb") as file:
        file.truncate(2_000_000_000)  # a hole: it takes nothing
    assert notes(10.5e9) == []


def test_a_copy_for_other_nodes_and_vgg_fcs_features_are_said_and_not_refused(notes, tmp_path):
    of_file = {"loss_network.source": "file", "loss_network.width": 1.0,
               "loss_network.file": str(tmp_path / "vgg19.pth")}
    (tmp_path / "vgg19.pth").touch()
    assert notes(12.5e9, of_file) == []  # a prefix without the fully connected layers
    with (tmp_path / "vgg19.pth").open("wb") as file:
        file.truncate(575_000_000)
    assert notes(12.5e9, of_file)[0].startswith("data/shards and VGG-FC's features will need about 15.8 GB, ")
    assert notes(12.5e9, of_file, attributes=False) == []
    assert notes(14e9, {"cluster.storage": str(tmp_path)})[0].startswith(
        "data/shards and a copy of the view aligned will need about 14.9 GB, ")
    assert notes(2.4e9, {"data.source": "synthetic"}, images=0, drawn=IMAGES) == []  # the shards are there
    assert notes(2.2e9, {"data.source": "synthetic"}, images=0, drawn=IMAGES)[0].startswith("data/dataset will need ")
    assert notes(14e9, {"cluster.storage": "s3://bucket"}) == notes(14e9, {"cluster.storage": "storage"}) == []


def test_shards_that_are_there_need_no_room(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = load_params(tiny.PARAMS)
    assert not shards_may_be_there(params, 30)
    manifest = Path("data/shards/view=aligned/_manifest.json")
    manifest.parent.mkdir(parents=True)
    for size, there in ((params.data.image_size, True), (params.data.image_size + 16, False)):
        manifest.write_text(json.dumps({"image_size": size, "images": {"train": 20, "valid": 5, "test": 5}}))
        assert shards_may_be_there(params, 30) == there
        assert not shards_may_be_there(params, 29)
    manifest.write_text(json.dumps({"image_size": params.data.image_size, "images": {"train": 20, "test": 5},
                                    "left_out": {"images": 5, "examples": []}}))
    assert shards_may_be_there(params, 30)
