"""Which variant is found, and what is said of what cannot be loaded."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import paths
from pipeline.errors import InputError
from pipeline.inference import load, trained_variants
from pipeline.inference.loading import find
from pipeline.models.build import build_model
from pipeline.models.weights_file import write_weights
from pipeline.vocabulary import ARCHITECTURES
from tests import tiny


def test_a_variant_is_found_by_name_file_and_folder(project, monkeypatch):
    file = project.folder / paths.weights("dfc")
    assert list(trained_variants(project.folder)) == ["dcgan", "dfc"]
    monkeypatch.chdir(file.parent)  # inside the project
    assert find("dfc").weights == file and find("dfc").project == project.folder
    for given in (file, str(file), file.parent):
        assert find(given).project == project.folder and find(given).weights == file


def test_a_generator_computes_on_the_best_device_too(project, monkeypatch):
    monkeypatch.setattr("pipeline.hardware.gpu.best_device", lambda: torch.device("meta"))  # as a GPU would be
    assert next(load("dcgan", project.folder)._model.parameters()).device.type == "meta"


def test_a_weights_file_alone_is_enough_to_encode_and_decode(project, tmp_path, monkeypatch):
    shutil.copy(project.folder / paths.weights("dfc"), tmp_path / "any.safetensors")
    monkeypatch.chdir(tmp_path)
    alone, inside = load("any.safetensors"), load("dfc", project.folder)
    np.testing.assert_array_equal(alone.encode(project.face), inside.encode(project.face))
    assert len(alone.sample(2)) == 2
    for missing, message in ((lambda: alone.attributes, "attribute vectors of dfc lie in the project"),
                             (lambda: alone.predict(project.face), "SVMs of dfc lie in the project"),
                             (lambda: alone.sample(1, source="mixture"), "Gaussian mixture of dfc lie")):
        with pytest.raises(InputError, match=message):
            missing()
    assert load("any.safetensors", project.folder).attributes == inside.attributes


def test_absent_outputs_name_the_stage_that_makes_them(project, tmp_path):
    shutil.copytree(project.folder / "models", tmp_path / "models")
    faces = load("dfc", tmp_path)
    for missing, stage in ((lambda: faces.attributes, "attributes"), (lambda: faces.predict(project.face), "evaluate"),
                           (lambda: faces.sample(1, source="mixture"), "samples")):
        with pytest.raises(InputError, match=f"dvc repro {stage}@dfc"):
            missing()
    shutil.copytree(project.folder / "attributes/dfc", tmp_path / "attributes/dfc")
    weights = tmp_path / paths.weights("dfc")
    wider = tiny.variant("dfc").model_copy(update={"model": tiny.variant("dfc").model.model_copy(
        update={"latent_dim": 5})})
    write_weights(weights, build_model(wider).state_dict(), wider)
    with pytest.raises(InputError, match="has 4 latent dimensions and dfc has 5"):
        _ = load("dfc", tmp_path).attributes


def test_svms_are_those_of_the_view_aligned_alone(project, tmp_path):
    shutil.copytree(project.folder, tmp_path / "project")
    folder = tmp_path / "project"
    plan, evaluation = folder / paths.section_plan("evaluate"), folder / paths.EVALUATION / "dfc"
    plan.parent.mkdir(parents=True)
    plan.write_text('{"view_sets": {"both": ["aligned", "eyes"], "whole": ["aligned"]}}')
    (evaluation / "svm_aligned.npz").rename(evaluation / "svm_whole.npz")
    assert load("dfc", folder).svms.names == load("dfc", project.folder).svms.names
    plan.write_text('{"view_sets": {"both": ["aligned", "eyes"]}}')
    with pytest.raises(InputError, match=r"add the set aligned: \[aligned\] to evaluate.view_sets"):
        _ = load("dfc", folder).svms


def test_what_is_no_trained_variant_is_refused_in_a_sentence(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("note.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    Path("text.safetensors").write_text("weights")
    for variant, folder, message in (
            ("dfx", project.folder, "did you mean dfc.; there are dcgan, dfc"),
            ("dfc", tmp_path, "has no trained variant; train variants with `make repro`"),
            ("dfc", tmp_path / "gone", "gone is not a folder"),
            ("gone.safetensors", None, "gone.safetensors does not exist"),
            (tmp_path / "gone", None, "gone does not exist"),
            ("note.safetensors", None, "note of Git LFS in place of the weights; run `git lfs pull`"),
            ("text.safetensors", None, "is no safetensors file")):
        with pytest.raises(InputError, match=message):
            load(variant, folder)


def test_an_architecture_of_ones_own_is_loaded_or_named(own_choice, tmp_path):
    own_choice(ARCHITECTURES, "wide", "from pipeline.models.architectures.vae import VAE\nclass Wide(VAE): pass\n")
    variant = tiny.variant("dfc")
    variant = variant.model_copy(update={"name": "own", "model": variant.model.model_copy(
        update={"architecture": "wide"})})
    write_weights(tmp_path / "own.safetensors", build_model(variant).state_dict(), variant)
    assert load(tmp_path / "own.safetensors").encode(tiny.faces(2)).shape == (2, 4)
    own_choice(ARCHITECTURES, "wide", "import a_package_that_is_missing\n")
    with pytest.raises(InputError, match=r"its architecture wide fails \(ModuleNotFoundError: No module named"):
        load(tmp_path / "own.safetensors")


def test_neither_the_package_nor_a_variant_loads_dvc_ray_mlflow_or_matplotlib(project):
    code = f"""
import sys
import pipeline.inference
print("torch" in sys.modules or "numpy" in sys.modules)
faces = pipeline.inference.load("dfc", {str(project.folder)!r})
faces.edit({str(project.face)!r}, Smiling=1)
faces.predict(faces.sample(1, source="mixture"))
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {{"dvc", "ray", "mlflow", "matplotlib", "sklearn"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=Path(__file__).resolve().parents[2])
    assert done.stdout.splitlines() == ["False", "[]"], done.stderr
