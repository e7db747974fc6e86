import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.data import space
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.data.space import (
    Need,
    check_disks,
    least_shard_bytes,
    memory_warning,
    shard_bytes,
    training_bytes,
    vgg_fc_bytes,
)
from pipeline.errors import InputError
from pipeline.evaluation import vgg_fc
from tests.data.conftest import draw_celeba
from tests.data.pictures import Held


def test_shards_take_about_what_is_said(tmp_path, shared_celeba):
    faces = open_celeba(shared_celeba).of_rows(slice(0, 200))
    views = prepare(faces, tmp_path / "shards", image_size=64, progress=False)
    written = sum(path.stat().st_size for path in (tmp_path / "shards").rglob("*.parquet"))
    assert 0.9 < written / shard_bytes(200, len(views), 64) < 1.1


def test_training_holds_12288_bytes_a_face():
    assert training_bytes(162_770, 64) == 2_000_117_760


def test_vgg_fc_keeps_all_features_of_an_image():
    assert vgg_fc_bytes(10) == 10 * np.dtype(np.float32).itemsize * vgg_fc.CLASSIFIER["classifier.3.bias"][0]


@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("grey", [False, True])
def test_shards_take_at_least_what_is_said(tmp_path, size, grey):
    faces = open_celeba(draw_celeba(tmp_path / "celeba", images=40))
    if grey:
        faces = dataclasses.replace(faces, images=Held({name: grey_copy(faces.images.read(name))
                                                        for name in faces.image_ids.tolist()}))
    views = prepare(faces, tmp_path / "shards", image_size=size, progress=False)
    written = sum(path.stat().st_size for path in (tmp_path / "shards").rglob("*.parquet"))
    least = least_shard_bytes(40, len(views), size, in_colour=not grey)
    assert least <= written and (written < 2 * least or grey)


def grey_copy(picture: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("L").save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture
def free(monkeypatch):
    """free(bytes) says how much every disk has."""
    def free(number: int) -> None:
        monkeypatch.setattr(space, "free_bytes", lambda folder: number)
    return free


def test_a_disk_that_is_certainly_too_small_is_refused_and_a_near_thing_is_said(tmp_path, free):
    needs = [Need("data/shards", tmp_path / "not" / "there", 12_400_000_000, 10_500_000_000),
             Need("VGG-FC's features", tmp_path, 3_300_000_000, 0)]
    free(15_700_000_000)
    assert list(check_disks(needs)) == []
    free(10_500_000_000)
    assert list(check_disks(needs, "free some")) == [
        f"data/shards and VGG-FC's features will need about 15.7 GB, and the disk of {tmp_path / 'not' / 'there'} has "
        "10.5 GB free; free some"]
    free(10_499_000_000)
    with pytest.raises(InputError, match="^data/shards and VGG-FC's features will need about 15.7 GB, at least 10.5 "
                                         "GB, and the disk of .* has 10.5 GB free; free some space, or lower data"):
        list(check_disks(needs))


def test_each_disk_is_asked_for_what_lies_on_it(tmp_path, monkeypatch):
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk here")
    monkeypatch.setattr(space, "free_bytes", lambda folder: {tmp_path: 100, other: 50}[folder])
    assert list(check_disks([Need("a", tmp_path, 90, 0), Need("b", other, 50, 0)])) == []
    assert list(check_disks([Need("a", tmp_path, 90, 0), Need("b", other, 51, 0)], "free some")) == [
        "b will need about 51 B, and the disk of /dev/shm has 50 B free; free some"]


def test_a_warning_of_memory_has_both_numbers_and_the_remedy(monkeypatch):
    monkeypatch.setattr(space, "available_memory", lambda: 1_500_000_000)
    assert memory_warning(1_500_000_000, "a training", "lower data.limit") is None
    assert memory_warning(2_000_117_760, "a training", "lower data.limit") == (
        "a training will need about 2 GB of memory, and this machine has 1.5 GB free; lower data.limit")
