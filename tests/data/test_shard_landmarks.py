"""Reading landmarks from shards."""

import dataclasses

import numpy as np
import pytest

from pipeline.data import shards
from pipeline.data.prepare import prepare
from pipeline.data.shard_landmarks import load_aligned_landmarks
from pipeline.data.sources.celeba import open_celeba
from pipeline.errors import InputError
from tests.data.conftest import draw_celeba, landmarks_of


def test_landmarks_are_where_they_lie_in_the_view_aligned(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.data.prepare.PART_ROWS", 7)
    prepare(open_celeba(draw_celeba(tmp_path / "celeba", images=30)), tmp_path / "shards", 32, progress=False)
    rows = 0
    for split in ("train", "valid", "test"):
        points = load_aligned_landmarks(tmp_path / "shards", split)
        expected = np.stack([landmarks_of(rows + row) for row in range(len(points))])
        rows += len(points)
        assert points.dtype == np.float32 and len(points) == len(shards.load(tmp_path / "shards", "aligned", split)[0])
        np.testing.assert_allclose(points, (expected + 0.5 - (15, 40)) / 74 - 1, atol=1e-6)  # the box is 148 wide
    assert rows == 30


def test_faces_without_landmarks_are_refused(tmp_path):
    dataset = dataclasses.replace(open_celeba(draw_celeba(tmp_path / "celeba", images=20)), landmarks=None)
    prepare(dataset, tmp_path / "shards", 32, progress=False)
    with pytest.raises(InputError, match=r"has faces without landmarks; give some by data.landmarks or data.align: "):
        load_aligned_landmarks(tmp_path / "shards", "train")
