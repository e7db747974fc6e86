"""The whole pipeline, as its users run it: a clone, `dvc repro`, an experiment; real DVC, Ray Train and MLflow."""

import json
import re
import sqlite3
from pathlib import Path

import pytest
import yaml

from tests.clone import PROJECT, dvc, run
from tests.clone import clone as make_clone

TINY = {"data": {"synthetic_images": 120}, "train": {"epochs": 1}, "loss_network": {"calibration_images": 32},
        "attributes": {"per_class": 20}, "sampling": {"images": 40}, "report": {"mosaic_images": 16},
        "multi_view": {"variants": ["dfc", "vae_wgan"]}}
VARIANTS = {"dfc", "dcgan", "vae_wgan"}  # of the committed ones; the others differ from dfc in their loss alone
STAGES = {"train", "latents", "attributes", "samples", "evaluate"}  # of each variant


def ran(output: str) -> set[str]:
    return set(re.findall(r"Running stage '(.+?)'", output))


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone") / "project", VARIANTS, **TINY)


@pytest.fixture(scope="module")
def reproduced(clone) -> str:
    """The output of the first `dvc repro` in the clone."""
    return dvc(clone, "repro")


def test_repro_makes_everything(clone, reproduced):
    assert ran(reproduced) == {"plan", "dataset", "prepare", "loss_network", "multi_view", "vgg_fc", "report",
                               "track"} | {
        f"{stage}@{variant}" for stage in STAGES for variant in VARIANTS}
    assert "Traceback" not in reproduced
    for variant in VARIANTS:
        assert (clone / f"models/{variant}/model.safetensors").stat().st_size > 1e6
        figures = {path.name for path in (clone / f"figures/{variant}/training").iterdir()}
        assert figures == {"curves.png", "samples.png"}
        sampled = json.loads((clone / f"metrics/samples/{variant}.json").read_text())
        assert sampled["prior"]["frechet_distance"] > 0
        assert ("mixture" in sampled) == (variant != "dcgan")
        scores = json.loads((clone / f"metrics/evaluate/{variant}.json").read_text())
        if variant == "dcgan":
            assert scores == {"svm": {}, "reconstruction": None}
            continue
        assert set(scores["svm"]) == {"aligned", "landmark", "multi_view"}
        assert 0 < scores["reconstruction"]["psnr"] < 60
        drawn = {path.name for path in (clone / f"figures/{variant}/latent_space").iterdir()}
        assert {"interpolation.png", "correlation.png"} <= drawn
    assert json.loads((clone / "metrics/train/vae_wgan.json").read_text())["gradient_norm"] > 0
    page = (clone / "report/index.html").read_text()
    assert "random weights" in page and "VAE-123" in page and "LNets+ANet" in page
    ignored = run(clone, "git", "status", "--porcelain", "--untracked-files=all")
    assert not re.search(r"\.(safetensors|parquet|zip|db|png)$", ignored, re.M), ignored


def test_nothing_is_left_to_do(clone, reproduced):
    assert ran(dvc(clone, "repro")) == set()


def test_mlflow_has_one_run_per_variant_with_everything_in_it(clone, reproduced):
    with sqlite3.connect(clone / "mlflow.db") as database:
        runs = dict(database.execute("select run_uuid, name from runs where status = 'FINISHED'"))
        assert sorted(runs.values()) == ["dcgan (DCGAN)", "dfc (VAE-123)", "vae_wgan (VAE-WGAN)"]
        dfc = next(run for run, name in runs.items() if name.startswith("dfc ("))
        parameters = dict(database.execute("select key, value from params where run_uuid = ?", [dfc]))
        assert parameters["loss.layers"] == "relu1_1,relu2_1,relu3_1"
        metrics = {key for key, in database.execute("select distinct key from metrics where run_uuid = ?", [dfc])}
        assert {"step/loss", "step/relu3_1", "epoch/active_units", "epoch/images_per_second",
                "svm/landmark/accuracy", "reconstruction/ssim"} <= metrics
        tags = dict(database.execute("select key, value from tags where run_uuid = ?", [dfc]))
        assert tags["git_commit"] == run(clone, "git", "rev-parse", "HEAD").strip()
        assert len(tags["data_sha256"]) == len(tags["loss_network_sha256"]) == 64
    artifacts = {path.name for path in (clone / "mlartifacts" / dfc / "artifacts").rglob("*") if path.is_file()}
    assert {"samples.png", "correlation.png", "svm_aligned.csv", "index.html"} <= artifacts


def test_an_experiment_reruns_what_its_parameter_touches(clone, reproduced):
    output = dvc(clone, "exp", "run", "-n", "layers", "-S", "loss.layers=relu2_1,relu3_1")
    assert ran(output) == {"plan", "multi_view", "report", "track"} | {f"{stage}@dfc" for stage in STAGES}
    plan = json.loads((clone / "plan/dfc.json").read_text())
    assert plan["loss"]["layers"] == ["relu2_1", "relu3_1"] and plan["label"] == "VAE-23"
    shown = json.loads(dvc(clone, "exp", "show", "--json"))
    names = [experiment.get("name") for base in shown for experiment in base.get("experiments") or []]
    assert "layers" in names
    with sqlite3.connect(clone / "mlflow.db") as database:
        tagged = database.execute("select count(*) from tags where key = 'dvc_experiment' and value = 'layers'")
        assert tagged.fetchone() == (1,)


def test_where_a_run_happens_reruns_nothing_but_the_plan(clone, reproduced):
    original = (clone / "params.yaml").read_text()
    try:
        (clone / "params.yaml").write_text(re.sub("checkpoint_steps: .*", "checkpoint_steps: 50", original))
        assert ran(dvc(clone, "repro")) <= {"plan"}
    finally:
        (clone / "params.yaml").write_text(original)


def test_the_readmes_loss_of_ones_own(clone, reproduced):
    """Its file, its line of registration and its variant, as they stand there."""
    section = (PROJECT / "README.md").read_text().split("\n## A loss or a model of your own\n")[1].split("\n## ")[0]
    [module, line, block] = re.findall(r"```(?:python|yaml)\n(.*?)```", section, re.DOTALL)
    changed = {name: clone / name for name in ("pipeline/losses/build.py", "params.yaml")}
    original = {name: path.read_text() for name, path in changed.items()}
    added = clone / re.match("# (.*)\n", module)[1]
    try:
        added.write_text(module)
        changed["pipeline/losses/build.py"].write_text(original["pipeline/losses/build.py"].replace(
            "TERMS = {\n", "TERMS = {\n" + line))
        params = yaml.safe_load(original["params.yaml"])
        params["variants"] |= yaml.safe_load(block)["variants"]
        changed["params.yaml"].write_text(yaml.safe_dump(params, sort_keys=False))
        assert ran(dvc(clone, "repro", "train@dfc_edges")) == {"plan", "train@dfc_edges"}
        steps = (clone / "training/dfc_edges/steps.csv").read_text().splitlines()
        column = steps[0].split(",").index("gradient_difference")
        assert all(float(row.split(",")[column]) > 0 for row in steps[1:])
    finally:
        added.unlink()
        for name, path in changed.items():
            path.write_text(original[name])


def test_a_wrong_layer_is_refused_in_one_sentence(clone, reproduced):
    output = dvc(clone, "exp", "run", "-S", "loss.layers=relu9_9", ok=False)
    assert "relu9_9 is not a layer of VGG-19" in output
    assert "Traceback" not in output and ran(output) == {"plan"}
