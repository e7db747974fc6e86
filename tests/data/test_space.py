from collections import namedtuple

from pipeline.data import space
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.data.space import disk_warning, memory_warning, shard_bytes, training_bytes


def test_shards_take_about_what_is_said(tmp_path, shared_celeba):
    faces = open_celeba(shared_celeba).of_rows(slice(0, 200))
    views = prepare(faces, tmp_path / "shards", image_size=64, progress=False)
    written = sum(path.stat().st_size for path in (tmp_path / "shards").rglob("*.parquet"))
    assert 0.9 < written / shard_bytes(200, len(views), 64) < 1.1


def test_training_holds_12288_bytes_a_face():
    assert training_bytes(162_770, 64) == 2_000_117_760


def test_a_warning_has_both_numbers_and_the_remedy(monkeypatch, tmp_path):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(9, 9, 3_100_000_000) if path == tmp_path else None)
    assert disk_warning(3_100_000_000, tmp_path / "not" / "there", "the shards", "free some") is None
    assert disk_warning(shard_bytes(202_599, 5, 64), tmp_path / "not", "the shards", "lower data.limit") == (
        f"the shards will need about 12.4 GB, and the disk of {tmp_path / 'not'} has 3.1 GB free; lower data.limit")
    monkeypatch.setattr(space, "available_memory", lambda: 1_500_000_000)
    assert memory_warning(1_500_000_000, "a training", "lower data.limit") is None
    assert memory_warning(2_000_117_760, "a training", "lower data.limit") == (
        "a training will need about 2 GB of memory, and this machine has 1.5 GB free; lower data.limit")
