"""Stages that have nothing to do say so at once: they load neither torch nor MLflow, which takes seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import LossNetworkPlan, load_params

PROJECT = Path(__file__).resolve().parents[2]
NO_ENCODER = {"latents/dcgan/none.json": {"note": "DCGAN has no encoder"}}
NO_VECTORS = {"attributes/dcgan/notes.json": []}
NOTHING_SCORED = {"metrics/evaluate/dcgan.json": {"svm": {}, "reconstruction": None}}
NO_VGG19 = {"baselines/none.json": {"note": "VGG-FC was not measured: the loss network has random weights, so there is "
                                            "no VGG-19 trained on ImageNet"}}


@pytest.mark.parametrize(("call", "written"), [
    ("latents.main('dcgan')", NO_ENCODER), ("attributes.main('dcgan')", NO_VECTORS),
    ("evaluate.main('dcgan')", NOTHING_SCORED), ("vgg_fc.main()", NO_VGG19)])
def test_it_is_said_and_written_down(tmp_path, call, written):
    variant = load_params(PROJECT / "params.yaml").variant("dcgan")
    network = LossNetworkPlan(source="random", file=None, calibration_images=8, seed=0, sha256=None)
    (tmp_path / "plan" / "pipeline").mkdir(parents=True)
    (tmp_path / "plan" / "dcgan.json").write_text(variant.model_dump_json())
    (tmp_path / "plan" / "pipeline" / "loss_network.json").write_text(network.model_dump_json())
    code = (f"import sys\nfrom stages import {call.split('.')[0]}\n{call}\n"
            "print([name for name in ('torch', 'mlflow', 'sklearn', 'matplotlib') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, loaded = done.stdout.splitlines()
    assert loaded == "[]" and ("no encoder" in said or "not measured" in said)
    for path, value in written.items():
        assert json.loads((tmp_path / path).read_text()) == value
