"""The weights from which a training starts: found, checked against the variant, and described."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.files.hashes import sha256
from pipeline.models.build import build_model
from pipeline.models.start_weights import check_start_weights, read_start_weights, start_facts, start_file
from pipeline.models.weights_file import load_trained, read_configuration, write_weights
from tests import tiny

TRAINED_ON = {"source": "photographs (folder)", "images": 4500, "sha256": "of the shards"}


def begins_with(path: Path | str, variant: Variant | None = None, model: dict | None = None, **changes) -> Variant:
    """Return a variant, dfc if none is given, whose training starts from a path; with other values of its model."""
    variant = variant or tiny.variant()
    train = variant.train.model_copy(update={"start_from": str(path)})
    return variant.model_copy(update={"train": train, "model": variant.model.model_copy(update=model or {}), **changes})


def write_trained(path: Path, variant: Variant | None = None, trained_on: dict | None = None) -> Path:
    """Write the weights of a variant, dfc if none is given, which a seed of their own has made. Return their path."""
    variant = variant or tiny.variant()
    torch.manual_seed(17)
    write_weights(path, build_model(variant).state_dict(), variant, trained_on)
    return path


def refusal(variant: Variant) -> str:
    with pytest.raises(InputError) as error:
        check_start_weights(variant)
    sentence = str(error.value)
    assert "train.start_from" in sentence and "\n" not in sentence
    return sentence


def test_no_file_is_new_weights():
    variant = tiny.variant()
    assert start_file(variant) is None and start_facts(variant) == {}
    check_start_weights(variant)


def test_the_weights_are_those_of_the_file(tmp_path):
    variant = begins_with(write_trained(tmp_path / "model.safetensors"))
    held, read = load_file(tmp_path / "model.safetensors"), read_start_weights(tmp_path / "model.safetensors", variant)
    assert held.keys() == read.keys() and all(torch.equal(held[name], tensor) for name, tensor in read.items())


def test_a_folder_has_a_file_for_each_variant(tmp_path):
    dfc = write_trained(tmp_path / "models/dfc/model.safetensors")
    pvae = write_trained(tmp_path / "models/pvae/model.safetensors", tiny.variant("pvae"))
    assert start_file(begins_with(tmp_path / "models")) == dfc
    assert start_file(begins_with(tmp_path / "models", tiny.variant("pvae"))) == pvae
    check_start_weights(begins_with(tmp_path / "models", tiny.variant("pvae")))
    said = refusal(begins_with(tmp_path / "models", tiny.variant("vae_wgan")))
    assert f"is {tmp_path}/models, a folder without vae_wgan/model.safetensors, from which variant vae_wgan" in said
    assert "give the folder models of a run that has it, or delete its block from variants" in said


def test_a_file_may_be_of_a_variant_with_another_loss(tmp_path):
    check_start_weights(begins_with(write_trained(tmp_path / "a.safetensors"), tiny.variant("vae_wgan")))


def test_a_file_that_is_missing_or_something_else_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    assert f"{path}, which does not exist; give a trained variant's model.safetensors" in refusal(begins_with(path))
    monkeypatch.setenv("DVC_ROOT", "/elsewhere")
    assert refusal(begins_with(path)).endswith("give an absolute path)")
    path.write_bytes(b"weights")
    assert f"{path} is no safetensors file" in refusal(begins_with(path))
    whole = write_trained(tmp_path / "whole.safetensors").read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    assert f"{path} is no safetensors file" in refusal(begins_with(path))


@pytest.mark.parametrize(("parameter", "had", "model", "changes"), [
    ("data.image_size", 32, {}, {"image_size": 64}),
    ("model.latent_dim", 4, {"latent_dim": 5}, {}),
    ("model.channels", [4, 4, 8, 8], {"channels": [4, 8, 8, 8]}, {})])
def test_another_size_is_refused_with_what_the_file_has_and_what_the_variant_wants(tmp_path, parameter, had, model,
                                                                                   changes):
    path = write_trained(tmp_path / "model.safetensors")
    wanted = next(iter({**model, **changes}.values()))
    assert refusal(begins_with(path, model=model, **changes)) == (
        f"params.yaml: train.start_from: the weights in {path} are of a model with {parameter} {had}, but variant dfc "
        f"has {parameter} {wanted}; set it to {had} for this variant too, or start from other weights")
    shutil.move(write_trained(tmp_path / "other"), path)
    save_file(load_file(path), path)  # without metadata, the shapes tell
    assert "holds the weights of another network than the vae of variant dfc: " in refusal(
        begins_with(path, model=model, **changes))


def test_another_architecture_is_refused(tmp_path):
    path = write_trained(tmp_path / "model.safetensors")
    said = refusal(begins_with(path, tiny.variant("dcgan")))
    assert f"{path} are of a model with model.architecture vae, but variant dcgan has model.architecture dcgan" in said
    assert "; start each variant from its own weights" in said
    save_file(load_file(path), path)
    assert "another network than the dcgan of variant dcgan: " in refusal(begins_with(path, tiny.variant("dcgan")))


def test_weights_that_are_not_finite_are_refused(tmp_path):
    path = write_trained(tmp_path / "model.safetensors")
    state = load_file(path)
    state["mu.weight"][0, 0] = float("nan")
    save_file(state, path)
    assert "is damaged: mu.weight has values that are not finite" in refusal(begins_with(path))


def test_a_configuration_of_other_code_does_not_matter_if_the_model_fits(tmp_path):
    path = write_trained(tmp_path / "model.safetensors")
    for metadata in ('{"loss": {"reconstruction": "of later code"}, "image_size": 32}', "{", "[]"):
        save_file(load_file(path), path, metadata={"variant": metadata})
        check_start_weights(begins_with(path))


def test_what_a_training_starts_from_is_told(tmp_path):
    path = write_trained(tmp_path / "model.safetensors", tiny.variant(epochs=8), TRAINED_ON)
    facts = start_facts(begins_with(path))
    assert facts == {"start_weights": str(path), "start_weights_sha256": sha256(path),
                     "start_weights_of": "dfc, 8 epochs of 4,500 images of photographs (folder)"}
    again = write_trained(tmp_path / "again.safetensors", begins_with(path), {**TRAINED_ON, "images": 500})
    assert start_facts(begins_with(again))["start_weights_of"] == (
        f"dfc, 3 epochs of 500 images of photographs (folder), which began with the weights in {path}")
    save_file(load_file(path), path)
    assert set(start_facts(begins_with(path))) == {"start_weights", "start_weights_sha256"}


def test_the_file_of_a_training_is_loaded_with_and_without_these_facts(tmp_path):
    path = write_trained(tmp_path / "model.safetensors", trained_on=TRAINED_ON)
    assert load_trained(path)[1].model_dump(exclude={"label"}) == tiny.variant().model_dump(exclude={"label"})
    before = tiny.variant().planned().replace(',\n  "start_from": "data/none"', "")
    assert "start_from" not in before
    save_file(load_file(path), path, metadata={"variant": before})  # as earlier versions wrote it
    assert read_configuration(path).train.start_from == "data/none"
