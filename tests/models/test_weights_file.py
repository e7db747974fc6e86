"""A trained variant, to a file and back."""

import json
import shutil

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from pipeline.config.variant import Variant
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.models.architectures.vae import VAE
from pipeline.models.build import build_model
from pipeline.models.weights_file import load_model, load_trained, write_weights
from tests import tiny


@pytest.fixture
def vae() -> VAE:
    """With batch statistics that are not the initial ones."""
    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8))
    for _ in range(30):
        vae(to_network(torch.from_numpy(tiny.faces(8))))
    return vae.eval()


def test_a_model_is_loaded_as_it_was_written(vae, tmp_path):
    path = tmp_path / "models" / "dfc" / "model.safetensors"
    write_weights(path, vae.state_dict(), tiny.variant())
    loaded = load_model(path, tiny.variant())
    assert all(torch.equal(loaded.state_dict()[name], tensor) for name, tensor in vae.state_dict().items())
    assert not loaded.training and not any(parameter.requires_grad for parameter in loaded.parameters())
    x = to_network(torch.from_numpy(tiny.faces(3, seed=1)))
    torch.testing.assert_close(loaded(x), vae(x))


def test_the_file_says_which_configuration_it_is_of(vae, tmp_path):
    write_weights(tmp_path / "model.safetensors", vae.state_dict(), tiny.variant())
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        metadata = json.loads(file.metadata()["variant"])
    assert Variant.model_validate({**metadata, "label": "VAE-123"}) == tiny.variant() and "label" not in metadata
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize("name", ["dfc", "pvae", "vae_wgan", "dcgan"])
def test_a_trained_variant_is_loaded_from_its_file_alone(name, tmp_path, monkeypatch):
    torch.manual_seed(0)
    variant = tiny.variant(name)
    model = build_model(variant)
    write_weights(tmp_path / "models" / name / "model.safetensors", model.state_dict(), variant)
    elsewhere = tmp_path / "elsewhere"  # without params.yaml or a plan
    elsewhere.mkdir()
    shutil.copy(tmp_path / "models" / name / "model.safetensors", elsewhere / "any.safetensors")
    monkeypatch.chdir(elsewhere)

    loaded, configuration = load_trained("any.safetensors")
    assert configuration == variant.model_copy(update={"label": name})
    assert not loaded.training and not any(parameter.requires_grad for parameter in loaded.parameters())
    same = load_model(tmp_path / "models" / name / "model.safetensors", variant)
    z, images = torch.randn(3, 4), to_network(torch.from_numpy(tiny.faces(3)))
    assert torch.equal(loaded.decode(z), same.decode(z))
    if variant.encodes:
        assert torch.equal(loaded(images), same(images))


def refusal(path) -> str:
    with pytest.raises(InputError) as error:
        load_trained(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    return str(error.value)


def test_other_files_are_refused_in_one_sentence(vae, tmp_path):
    path = tmp_path / "model.safetensors"
    assert "does not exist" in refusal(path)
    path.write_bytes(b"weights")
    assert "is no safetensors file" in refusal(path)
    save_file(vae.state_dict(), path)
    assert "has no configuration in its metadata" in refusal(path)
    assert "has no configuration in its metadata" in refusal(tiny.write_loss_network(tmp_path / "network.safetensors"))


def test_a_configuration_of_other_code_is_refused_in_one_sentence(vae, tmp_path):
    path = tmp_path / "model.safetensors"
    values = json.loads(tiny.variant().planned())

    def write(text: str) -> None:
        save_file(vae.state_dict(), path, metadata={"variant": text})

    for text in ("{", "[]", "{}", "1"):
        write(text)
        assert "has a configuration that this code does not know" in refusal(path)
    write(json.dumps({**values, "depth": 3}))
    assert "has a configuration that this code does not know (depth)" in refusal(path)
    write(json.dumps({**values, "model": {**values["model"], "architecture": "linear"}}))
    assert "add its file pipeline/models/architectures/linear.py" in refusal(path)
    write(json.dumps({**values, "model": {**values["model"], "latent_dim": 5}}))
    assert "does not fit this code's vae" in refusal(path)
    write(json.dumps({**values, "model": {**values["model"], "options": {"depth": 5}}}))
    assert "does not fit this code's vae" in refusal(path)
