"""train.start_from with real DVC and MLflow: what runs again, and what says from which weights a training started."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from safetensors.torch import load_file, save_file

from pipeline.files.hashes import sha256
from pipeline.plan.exempt import reason
from tests.clone import PROJECT, dvc, set_params
from tests.clone import clone as make_clone
from tests.test_pipeline import TINY, ran

pytestmark = pytest.mark.slow

VARIANT = "vae_wgan"  # which has a critic too


def train(clone: Path, ok: bool = True, environment: dict[str, str] | None = None) -> str:
    return dvc(clone, "repro", f"train@{VARIANT}", ok=ok, environment=environment)


def first_loss(clone: Path) -> float:
    """Return the loss of the first step, before any update."""
    return float(pd.read_csv(clone / f"training/{VARIANT}/steps.csv")["loss"][0])


def test_a_changed_start_runs_the_training_again_and_is_recorded(tmp_path):
    clone = make_clone(tmp_path / "project", {VARIANT}, **TINY | {
        "data": {"synthetic_images": 80, "image_size": 32}, "view_gains": {"variants": [VARIANT]},
        "report": {"mosaic_images": 16, "mosaic_variant": VARIANT}, "tracking": {"live_after": 0}})
    loaded = tmp_path / "loaded"  # what each process of a stage has imported, as in test_pipeline
    loaded.mkdir()
    train(clone, environment={"LOADED_MODULES": str(loaded), "PYTHONPATH": str(PROJECT / "tests/loaded_modules")})
    modules = {name for path in loaded.glob(f"train@{VARIANT} *") for name in path.read_text().split()}
    digest = json.loads((clone / f"code/train/{VARIANT}.json").read_text())
    assert "pipeline.losses.adversaries.wasserstein" in modules
    assert [name for name in sorted(modules - digest.keys()) if not reason(name)] == []
    assert json.loads((clone / f"metrics/train/{VARIANT}.json").read_text())["gradient_norm"] > 0
    shutil.copytree(clone / "models", tmp_path / "models", copy_function=shutil.copyfile)  # which may be written
    new, start = (folder / f"models/{VARIANT}/model.safetensors" for folder in (clone, tmp_path))
    record, of_new_weights = clone / f"records/train/{VARIANT}.json", first_loss(clone)
    assert "start_weights" not in json.loads(record.read_text())

    set_params(clone, "train", start_from=str(tmp_path / "models"))
    output = train(clone)
    assert ran(output) == {"plan", f"train@{VARIANT}"}
    assert f"begun with the model's weights in {start} and a new" in output
    assert new.read_bytes() != start.read_bytes()
    facts = {"start_weights": str(start), "start_weights_sha256": sha256(start)}
    assert json.loads(record.read_text()).items() >= facts.items()
    assert json.loads(record.read_text())["start_weights_of"].startswith(f"{VARIANT}, 1 epoch of ")
    client = MlflowClient(f"sqlite:///{clone}/mlflow.db")
    tags = [run.data.tags for run in client.search_runs([client.get_experiment_by_name("face-vae").experiment_id])]
    assert [facts.items() <= of.items() for of in tags] == [True, False]  # the newest is the first
    assert json.loads((clone / f"plan/{VARIANT}.json").read_text())["train"]["start_from"] == str(tmp_path / "models")
    assert ran(train(clone)) == set()

    state, of_one_worker = load_file(start), first_loss(clone)
    state["mu.bias"] += 0.001
    save_file(state, start)  # other weights at the same place
    set_params(clone, "cluster", workers=2)
    output = train(clone)
    assert ran(output) == {"plan", f"train@{VARIANT}"} and "2 workers, the first on" in output
    assert first_loss(clone) == pytest.approx(of_one_worker, rel=0.01) != pytest.approx(of_new_weights, rel=0.05)
    set_params(clone, "cluster", workers=0)
    assert json.loads(record.read_text())["start_weights_sha256"] == sha256(start) != facts["start_weights_sha256"]

    start.unlink()
    set_params(clone, "train", start_from=str(tmp_path / "models"), epochs=2)
    refused = train(clone, ok=False)
    assert "error: params.yaml: train.start_from is" in refused
    assert f"a folder without {VARIANT}/model.safetensors" in refused
    assert "Traceback" not in refused and f"train@{VARIANT}" not in ran(refused)
