"""What a training depends on. The name of its checkpoints' folder differs if an input differs."""

import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.files.hashes import sha256
from pipeline.files.json_file import write_json
from pipeline.leftovers.names import CONFIGURATION
from pipeline.plan import code
from pipeline.training.inputs import Inputs, inputs_of, loss_network_file, upload_start_weights
from tests import tiny
from tests.models.test_start_weights import begins_with, write_trained


def test_the_configurations_name_depends_on_every_input():
    inputs = Inputs(tiny.variant(), "digest", "manifest", "sha256 of the network", "sha256 of the first weights")
    others = [inputs._replace(variant=tiny.variant("pvae")), inputs._replace(variant=tiny.variant(seed=1)),
              *(inputs._replace(**{name: "another"}) for name in ("code", "manifest", "loss_network", "start"))]
    names = [of.configuration() for of in (inputs, *others)]
    assert len(set(names)) == len(others) + 1
    called_otherwise = inputs._replace(variant=tiny.variant().model_copy(update={"label": "another"}))
    assert called_otherwise.configuration() == names[0] == inputs.configuration()
    assert all(CONFIGURATION.fullmatch(name) for name in names)
    assert [name.rpartition("-")[0] for name in names] == ["dfc", "pvae", *["dfc"] * (len(others) - 1)]


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A working tree with the manifest of shards, a loss network and digests of the code."""
    monkeypatch.chdir(tmp_path)
    tiny.write_code(tiny.variant(), tiny.variant("pvae"))
    write_json(Path("data/shards/view=aligned/_manifest.json"),
               {"sha256": "of the shards", "files_sha256": "of their files"})
    write_json(loss_network_file(tiny.variant("pvae")), {})
    tiny.write_loss_network(loss_network_file(tiny.variant()))
    return tmp_path


def test_the_inputs_in_the_working_tree(tree):
    variant = tiny.variant()
    inputs = inputs_of(variant)
    assert inputs.variant == variant and inputs.code == code.path_of("train", "dfc").read_text()
    assert json.loads(inputs.manifest) == {"sha256": "of the shards", "files_sha256": "of their files"}
    assert inputs.hashes() == {"data_sha256": "of the shards", "loss_network_sha256": inputs.loss_network}
    assert len(inputs.loss_network) == 64
    tiny.write_loss_network(loss_network_file(variant), "relu1_2")
    other = inputs_of(variant)
    assert other.loss_network != inputs.loss_network and other._replace(loss_network=inputs.loss_network) == inputs


def test_the_inputs_of_a_training_that_starts_from_weights(tree):
    write_trained(Path("trained.safetensors"))
    variant = begins_with("trained.safetensors")
    tiny.write_code(variant)
    inputs = inputs_of(variant)
    assert inputs.start == sha256(Path("trained.safetensors")) and inputs_of(tiny.variant()).start == ""
    assert inputs.tags().items() >= {"start_weights": "trained.safetensors", "start_weights_sha256": inputs.start,
                                     "start_weights_of": "dfc, 3 epochs"}.items()
    assert not {name for name in inputs_of(tiny.variant()).tags() if name.startswith("start")}
    here, copied = (upload_start_weights(inputs, storage) for storage in (".checkpoints", str(tree / "storage")))
    assert here == (Folder(str(tree)), "trained.safetensors")
    assert copied == (Folder(str(tree / "storage" / f"start_weights-{inputs.start[:16]}")), "trained.safetensors")
    assert copied.folder.read(copied.name) == Path("trained.safetensors").read_bytes()
    assert upload_start_weights(inputs_of(tiny.variant()), ".checkpoints") is None
    write_trained(Path("trained.safetensors"), tiny.variant(epochs=4))
    assert inputs_of(variant).configuration() != inputs.configuration()
    Path("trained.safetensors").unlink()
    with pytest.raises(InputError, match="trained.safetensors, which does not exist"):
        inputs_of(variant)


def test_a_pixel_loss_has_no_loss_network(tree):
    assert inputs_of(tiny.variant("pvae")).hashes() == {"data_sha256": "of the shards"}


def test_code_that_changed_after_planning_is_refused(tree):
    path = code.path_of("train", "dfc")
    path.write_text(path.read_text().replace('"pipeline.losses.kl": "', '"pipeline.losses.kl": "0'))
    with pytest.raises(InputError, match="pipeline.losses.kl has changed since the plan was made"):
        inputs_of(tiny.variant())
    path.unlink()
    with pytest.raises(InputError, match="code/train/dfc.json is missing; run `dvc repro`"):
        inputs_of(tiny.variant())
