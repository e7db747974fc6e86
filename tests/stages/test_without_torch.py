"""Stages that have nothing to do load neither torch nor MLflow, which would take seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import BaselinesPlan, LossNetworkPlan, TeachingPlan
from pipeline.files.json_file import write_json
from pipeline.latent_space.latents import read_latents
from pipeline.workspace.records import machine, read_record
from tests import tiny
from tests.stages.test_baselines import NO_VGG_FC

PROJECT = Path(__file__).resolve().parents[2]
NO_VECTORS = {"attributes/dcgan/notes.json": []}
NOTHING_SCORED = {"metrics/evaluate/dcgan.json": {"svm": {}, "reconstruction": None}}
NOT_TAUGHT = {"teaching/none.json": {}, "metrics/teach.json": {}}
NO_BASELINE = {"baselines/notes.json": [NO_VGG_FC], "metrics/baselines.json": {}}


@pytest.mark.parametrize(("call", "written"), [
    ("latents.main('dcgan')", {}), ("attributes.main('dcgan')", NO_VECTORS),
    ("evaluate.main('dcgan')", NOTHING_SCORED), ("baselines.main()", NO_BASELINE),
    ("teach.main()", NOT_TAUGHT)])
def test_a_stage_without_work_writes_its_outputs_and_says_why(planned, call, written):
    write_json(planned / "data/shards/view=aligned/_manifest.json", {"attributes": ["Smiling"]})
    said = run(call)
    assert "no encoder" in said or "not measured" in said or "nothing to do" in said
    for path, value in written.items():
        assert json.loads((planned / path).read_text()) == value
    if call.startswith("latents"):  # later stages depend on this file
        assert len(read_latents(planned / "latents/dcgan/aligned.parquet").mu) == 0
    stage, variant = call.split(".")[0], "dcgan" if "dcgan" in call else None
    assert read_record(stage, variant) == machine()


def test_the_stage_features_copies_the_latents_of_a_variant(planned):
    (planned / "latents/dfc").mkdir(parents=True)
    for view in ("aligned", "eyes"):
        (planned / f"latents/dfc/{view}.parquet").write_text(view)
    assert "latents of 2 views" in run("features.main('dfc')")
    assert {path.name: path.read_text() for path in (planned / "features/dfc").iterdir()} == {
        "aligned.parquet": "aligned", "eyes.parquet": "eyes"}


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A working directory with the plans of DCGAN, of a random loss network, and of no baseline."""
    monkeypatch.chdir(tmp_path)
    variant = load_params(tiny.PARAMS).variant("dcgan")
    tiny.write_code(variant)
    network = LossNetworkPlan(source="random", width=1.0, file=None, calibration_images=8, seed=0)
    (tmp_path / "plan" / "pipeline").mkdir(parents=True, exist_ok=True)
    (tmp_path / "plan" / "pipeline" / "loss_network.json").write_text(network.model_dump_json())
    (tmp_path / "plan" / "pipeline" / "teaching.json").write_text(TeachingPlan(recipe=None).model_dump_json())
    baselines = BaselinesPlan(view="landmark", methods=[], supervised_epochs=1, svm_c=[1.0], image_size=64,
                              latent_dim=100, channels=[32, 64, 128, 256], layers=[], train_seed=0, seed=0)
    (tmp_path / "plan" / "pipeline" / "baselines.json").write_text(baselines.model_dump_json())
    return tmp_path


def run(call: str) -> str:
    """Run a stage in a process of its own, check that it loads no slow library, and return what it prints."""
    code = (f"import sys\nfrom stages import {call.split('.')[0]}\n{call}\n"
            "print([name for name in ('torch', 'mlflow', 'sklearn', 'matplotlib') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(PROJECT)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, loaded = done.stdout.splitlines()
    assert loaded == "[]"
    return said
