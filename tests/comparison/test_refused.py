"""What cannot be compared is refused in one sentence."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.comparison.__main__ import main
from pipeline.errors import InputError
from pipeline.models.weights_file import METADATA_KEY
from tests import tiny


def refused(*arguments: str) -> str:
    with pytest.raises(InputError) as error:
        main(arguments)
    return str(error.value)


def test_names_that_cannot_be_compared(project):
    project.git("tag", "v1", "layers")
    assert refused("main", "layer") == (
        "there is no experiment layer; did you mean layers?; there are workspace, layers, main, v1")
    assert refused("main").startswith('give the names of at least two experiments, such as `make compare EXP="main')
    assert refused("main", "main") == "main and main are the same experiment; give each one once"
    assert refused("main", "layers", "v1") == "layers and v1 are the same experiment; give each one once"
    assert "7 experiments are too many" in refused(*"abcdefg")
    assert refused("main", "layers", "--variant", "dcf") == (
        "none of these experiments has trained the variant dcf; did you mean dfc?; they have pvae, dfc")
    assert refused("main", "layers", "--to", ".").startswith("--to . is a folder")


def test_several_experiments_of_one_name(project):
    for number, commit in enumerate((project.git("rev-parse", "main"), project.git("rev-parse", "layers"))):
        baseline = f"{number}" * 40
        project.git("update-ref", f"refs/exps/{baseline[:2]}/{baseline[2:]}/twin", commit)
    assert refused("main", "twin").startswith("twin is the name of 2 experiments, none of them on this commit")


def test_an_experiment_that_has_trained_nothing(project):
    (project.folder / "dvc.lock").unlink()
    project.commit("no results")
    assert refused("main", "layers").startswith("main has trained no variant: its dvc.lock has no stage train")
    (project.folder / "dvc.lock").write_text("stages: [")
    assert refused("layers", "workspace").startswith("dvc.lock of workspace is damaged")


def test_files_that_changed_after_the_results_were_made(project):
    (project.folder / "params.yaml").write_text(tiny.PARAMS.read_text())
    assert refused("layers", "workspace").startswith("params.yaml of workspace changed after the results were made")
    (project.folder / "metrics/evaluate/dfc.json").write_text(json.dumps({}))
    assert "params.yaml and 1 other file of workspace changed" in refused("layers", "workspace")


def test_weights_that_this_code_cannot_load(project, tmp_path):
    variant = tiny.variant("dfc")
    path = tmp_path / "layers/models/dfc/model.safetensors"
    weights = load_file(path)
    weights.popitem()
    save_file(weights | {"other": torch.zeros(1)}, path, {METADATA_KEY: variant.planned()})
    lock = project.lock()
    next(out for out in lock["stages"]["train@dfc"]["outs"] if out["path"] == "models/dfc")["md5"] = \
        project.store_folder(path.parent)
    (project.folder / "dvc.lock").write_text(json.dumps(lock))
    said = refused("layers", "workspace")
    assert said.startswith("models/dfc/model.safetensors of workspace does not fit this code's vae")
    assert said.endswith("or leave dfc out: --variant names those to compare") and "/tmp" not in said
    main(["layers", "workspace", "--variant", "pvae"])


def test_outside_of_a_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert refused("main", "layers").startswith("`git rev-parse` fails in")
