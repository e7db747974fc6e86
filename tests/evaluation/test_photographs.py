"""The photographs that samples are compared with."""

import numpy as np
import pytest

from pipeline.data import shards
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.errors import InputError
from pipeline.evaluation import photographs
from pipeline.evaluation.photographs import draw_photographs, read_features, write_features
from tests import tiny
from tests.data.conftest import draw_celeba


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    prepare(open_celeba(draw_celeba(folder / "celeba", images=40)), folder / "shards", tiny.SIZE, progress=False)
    return folder / "shards"


def test_photographs_are_drawn_by_the_seed_each_once(root, monkeypatch):
    whole = {image.tobytes() for image in shards.load(root, "aligned", "train").pixels}
    monkeypatch.setattr(photographs, "BATCH", 7)
    drawn = [draw_photographs(root, "aligned", "train", 9, seed) for seed in (0, 0, 1)]
    assert len({image.tobytes() for image in drawn[0]} & whole) == 9 and drawn[0].dtype == np.uint8
    assert np.array_equal(drawn[0], drawn[1]) and not np.array_equal(drawn[0], drawn[2])
    assert len(draw_photographs(root, "aligned", "train", 1000, 0)) == len(whole)


def test_features_are_read_as_they_were_written(tmp_path):
    features = {"loss_network": np.random.default_rng(0).random((4, 3), np.float32)}
    write_features(tmp_path / "features.npz", features)
    read = read_features(tmp_path / "features.npz")
    assert read.keys() == features.keys() and np.array_equal(read["loss_network"], features["loss_network"])
    (tmp_path / "page.npz").write_text("<html>")
    for name in ("page.npz", "absent.npz"):
        with pytest.raises(InputError, match=f"{name} does not hold the features of photographs"):
            read_features(tmp_path / name)
