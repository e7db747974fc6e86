"""The stage vgg_fc, with a function in place of VGG-19."""

import shutil

import numpy as np
import pandas as pd
import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, LossNetworkPlan
from pipeline.data import shards
from pipeline.data.celeba import open_celeba
from pipeline.data.prepare import prepare
from pipeline.evaluation import vgg_fc
from pipeline.vocabulary import SPLITS
from pipeline.workspace.records import machine, read_record
from stages import vgg_fc as stage
from tests.data.conftest import draw_celeba
from tests.tiny import PARAMS, write_code


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A working directory with shards of 60 drawn pictures and with plans."""
    prepare(open_celeba(draw_celeba(tmp_path / "celeba", images=60)), tmp_path / "data" / "shards", image_size=16,
            progress=False)
    evaluate = load_params(PARAMS).evaluate
    (tmp_path / "plan" / "pipeline").mkdir(parents=True, exist_ok=True)
    network = LossNetworkPlan(source="file", file="vgg19.pth", calibration_images=8, seed=0)
    for name, section in (("evaluate", EvaluatePlan(**dict(evaluate), reference_rms={})), ("loss_network", network)):
        (tmp_path / "plan" / "pipeline" / f"{name}.json").write_text(section.model_dump_json())
    shutil.copy(PARAMS, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    write_code()
    return tmp_path


def test_svms_are_scored_on_the_activations_of_the_landmark_view(planned, monkeypatch, capsys):
    def brightness(weights, batches, device):
        """Return one number per image; check that the images are the landmark crops, split after split."""
        assert weights == {"classifier": 1}
        pixels = np.concatenate(list(batches))
        expected = [shards.load("data/shards", "landmark", split).pixels for split in SPLITS]
        np.testing.assert_array_equal(pixels, np.concatenate(expected))
        return pixels.mean(axis=(1, 2, 3))[:, None].astype(np.float32)

    monkeypatch.setattr(vgg_fc, "get_weights", lambda source, file: {"classifier": 1})
    monkeypatch.setattr(vgg_fc, "activations", brightness)
    stage.main()
    rows = pd.read_csv("baselines/vgg_fc.csv", keep_default_na=False)
    assert len(rows) == 40 and {"accuracy", "balanced_accuracy", "majority", "C"} <= set(rows)
    assert not (planned / "baselines" / "none.json").exists() and read_record("vgg_fc") == machine()
    said = capsys.readouterr().out
    assert "SVM accuracy of VGG-FC on view landmark" in said and "60 images" in said
