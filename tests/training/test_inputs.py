"""What a training depends on, and where its checkpoints lie: another input has another folder."""

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.json_file import write_json
from pipeline.plan import code
from pipeline.storage import Folder
from pipeline.training.inputs import Inputs, inputs_of, loss_network_of
from tests import tiny


def test_the_folder_depends_on_every_input(tmp_path):
    storage, hashes = Folder.of(tmp_path), {"data_sha256": "of the shards", "loss_network_sha256": "of the network"}
    inputs = Inputs(tiny.variant(), "digest", hashes)
    others = [inputs._replace(variant=tiny.variant("pvae")), inputs._replace(variant=tiny.variant(seed=1)),
              inputs._replace(code="another"), inputs._replace(hashes={"data_sha256": "of the shards"})]
    others += [inputs._replace(hashes={**hashes, name: "another"}) for name in hashes]
    folders = [Path(str(of.folder(storage))) for of in (inputs, *others)]
    assert len(set(folders)) == len(others) + 1 and Path(str(inputs.folder(storage))) == folders[0]
    assert all(folder.parent == tmp_path for folder in folders)
    assert [folder.name.rpartition("-")[0] for folder in folders] == ["dfc", "pvae", *["dfc"] * (len(others) - 1)]


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A working tree with the manifest of shards, a loss network and digests of the code."""
    monkeypatch.chdir(tmp_path)
    tiny.write_code(tiny.variant(), tiny.variant("pvae"))
    write_json(Path("data/shards/view=aligned/_manifest.json"), {"sha256": "of the shards"})
    tiny.write_loss_network(loss_network_of(tiny.variant()))
    return tmp_path


def test_the_inputs_in_the_working_tree(tree):
    variant = tiny.variant()
    inputs = inputs_of(variant)
    assert inputs.variant == variant and inputs.code == code.path_of("train", "dfc").read_text()
    assert list(inputs.hashes) == ["data_sha256", "loss_network_sha256"]
    assert inputs.hashes["data_sha256"] == "of the shards" and len(inputs.hashes["loss_network_sha256"]) == 64
    tiny.write_loss_network(loss_network_of(variant), "relu1_2")
    other = inputs_of(variant)
    assert other.hashes["loss_network_sha256"] != inputs.hashes["loss_network_sha256"]
    assert other.hashes["data_sha256"] == inputs.hashes["data_sha256"]


def test_a_pixel_loss_has_no_loss_network(tree):
    assert inputs_of(tiny.variant("pvae")).hashes == {"data_sha256": "of the shards"}


def test_code_that_was_not_planned_with_is_refused(tree):
    path = code.path_of("train", "dfc")
    path.write_text(path.read_text().replace('"pipeline.losses.kl": "', '"pipeline.losses.kl": "0'))
    with pytest.raises(InputError, match="pipeline.losses.kl has changed since the plan was made"):
        inputs_of(tiny.variant())
    path.unlink()
    with pytest.raises(InputError, match="code/train/dfc.json is missing; run `dvc repro`"):
        inputs_of(tiny.variant())
