"""The command that prints the RMS of a loss network over prepared faces."""

import numpy as np
import pytest
import torch

from pipeline.data import shards
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.errors import InputError
from pipeline.losses.loss_network import measure
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.file import write_loss_network
from tests.data.conftest import draw_celeba
from tests.tiny import random_weights


@pytest.fixture
def prepared(tmp_path):
    """Shards of 60 drawn pictures."""
    prepare(open_celeba(draw_celeba(tmp_path / "celeba", images=60)), tmp_path / "shards", image_size=32,
            progress=False)
    return tmp_path / "shards"


def test_the_rms_of_whole_splits_is_that_of_all_their_images(prepared, monkeypatch):
    weights = random_weights("relu1_2")
    pixels = np.concatenate([shards.load(prepared, "aligned", split).pixels for split in ("train", "test")])
    monkeypatch.setattr(measure, "IMAGES_AT_ONCE", 7)
    rms, images = measure.rms_over_shards(weights, prepared, ["train", "test"])
    assert images == len(pixels) and rms == pytest.approx(measure_rms(weights, torch.from_numpy(pixels)), rel=1e-5)


def test_the_command_prints_lines_for_params_yaml(prepared, tmp_path, monkeypatch, capsys):
    """It reads the file of the stage loss_network as well as a state dict."""
    weights = random_weights("relu2_1")
    path = tmp_path / "network.safetensors"
    write_loss_network(path, weights, {"relu1_1": 1.0}, "random")
    expected, images = measure.rms_over_shards(weights, prepared, ["valid"])
    monkeypatch.setattr("sys.argv", ["measure", str(path), str(prepared), "--split", "valid", "--last", "relu1_2"])
    measure.main()
    assert capsys.readouterr().out.splitlines() == [
        f"# RMS over {images} faces (valid)", f"relu1_1: {expected['relu1_1']:.6g}",
        f"relu1_2: {expected['relu1_2']:.6g}"]


def test_a_layer_that_the_weights_do_not_reach_is_one_sentence(prepared, tmp_path, monkeypatch):
    torch.save(random_weights("relu1_1"), tmp_path / "vgg19.pth")
    monkeypatch.setattr("sys.argv", ["measure", str(tmp_path / "vgg19.pth"), str(prepared), "--last", "relu1_2"])
    with pytest.raises(InputError, match="--last is relu1_2, but .*vgg19.pth holds VGG-19 only up to relu1_1"):
        measure.main()
