"""Results lie on the disk once, as hard links to DVC's cache, and no stage harms the cache by running again."""

import sys
from pathlib import Path

import pytest

from tests.clone import clone as make_clone
from tests.clone import dvc, run, set_params
from tests.dvc_cache import CACHE, bytes_on_disk, files_in, harmed, is_link
from tests.test_pipeline import TINY, ran

pytestmark = pytest.mark.slow

OUTPUTS = ["data/dataset", "data/shards"]
BY_HAND = ("plan", "dataset", "prepare")  # the stages, as somebody runs them without DVC


def shards(clone: Path) -> dict[str, bytes]:
    """Return the contents of the shards by their names."""
    return {str(path.relative_to(clone)): path.read_bytes() for path in files_in(clone, ["data/shards"])}


def test_shards_lie_on_the_disk_once_and_no_stage_harms_the_cache(tmp_path):
    clone = make_clone(tmp_path / "project", {"dfc"}, **TINY | {"data": {"synthetic_images": 40}})
    assert {"plan", "dataset", "prepare"} == ran(dvc(clone, "repro", "prepare"))
    before = shards(clone)
    assert len(before) > 5 and all(is_link(clone, path) for path in files_in(clone, OUTPUTS))
    alone, in_cache = bytes_on_disk(clone / "data/shards"), bytes_on_disk(clone / CACHE)
    assert bytes_on_disk(clone / "data/shards", clone / CACHE) == in_cache >= alone >= sum(map(len, before.values()))

    for stage in BY_HAND:  # DVC would delete the outputs first; now each stage finds links in their place
        run(clone, sys.executable, "-m", f"stages.{stage}")
    assert harmed(clone) == [] and shards(clone) == before
    assert "up to date" in dvc(clone, "status", "prepare")
    assert bytes_on_disk(clone / "data/shards", clone / CACHE) == in_cache + alone  # equal files beside the cache's
    dvc(clone, "checkout", "--relink", *OUTPUTS)
    assert all(is_link(clone, path) for path in files_in(clone, OUTPUTS))
    assert bytes_on_disk(clone / "data/shards", clone / CACHE) == in_cache

    set_params(clone, "data", image_size=32)
    assert {"plan", "prepare"} <= ran(dvc(clone, "repro", "prepare"))
    assert harmed(clone) == [] and shards(clone) != before
    assert all(is_link(clone, path) for path in files_in(clone, OUTPUTS))
    set_params(clone, "data", image_size=64)
    dvc(clone, "repro", "prepare")
    assert harmed(clone) == [] and shards(clone) == before
    assert all(is_link(clone, path) for path in files_in(clone, OUTPUTS))

    dvc(clone, "unprotect", "data/shards")  # for a user who wants to change a result
    mine = next(path for path in files_in(clone, ["data/shards"]) if path.suffix == ".parquet")
    mine.write_bytes(b"changed")
    assert harmed(clone) == [] and not is_link(clone, files_in(clone, ["data/shards/view=eyes"])[0])
    linked = files_in(clone, ["data/dataset"])[0]
    linked.chmod(0o644)
    linked.write_bytes(b"changed")  # the harm that is looked for
    assert len(harmed(clone)) == 1
