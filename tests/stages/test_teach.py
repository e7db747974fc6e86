"""The stage teach."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

from pipeline import paths
from pipeline.config.plans import LossNetworkPlan, TeachingPlan, TeachingRecipe
from pipeline.data.attributes import all_known
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.errors import InputError
from pipeline.files.hashes import sha256
from pipeline.files.json_file import read_json, write_json
from pipeline.losses.loss_network.file import METADATA_KEY, describe_weights
from pipeline.losses.loss_network.sources import get_source
from pipeline.losses.teaching import training
from pipeline.workspace.records import read_record
from stages import loss_network, teach
from tests import tiny

RECIPE = TeachingRecipe(epochs=2, batch_size=8, learning_rate=0.002, width=0.0625, seed=0)
OUTPUTS = (paths.TAUGHT, paths.TEACHING_EPOCHS, paths.TEACH_METRICS)


@pytest.fixture
def asked(planned) -> Path:
    """A working directory in which a network is to be taught."""
    write_json(paths.section_plan("teaching"), TeachingPlan(recipe=RECIPE).model_dump())
    return planned


def hashes() -> list[str]:
    return [sha256(path) for path in OUTPUTS]


class Killed(BaseException):
    """Ends the stage as a signal would."""


def test_the_stage_teaches_a_network_and_the_next_one_calibrates_it(asked, capsys):
    teach.main()
    assert "VGG-19 up to relu5_1, learned from landmarks, thumbnails and noise of 30 faces" in capsys.readouterr().out
    metrics, epochs = read_json(paths.TEACH_METRICS), pd.read_csv(paths.TEACHING_EPOCHS)
    assert metrics["faces"] == 30 and metrics["valid_faces"] == 18 and list(epochs["epoch"]) == [1, 2]
    assert metrics["valid_landmark_pixels"] == pytest.approx(epochs["valid_landmark_pixels"].iloc[-1])
    assert read_record("teach")["seconds"] > 0 and not teach.WORK.exists()
    plan = LossNetworkPlan(source="taught", width=0.0625, file=None, calibration_images=8, seed=0)
    write_json(paths.section_plan("loss_network"), plan.model_dump())
    loss_network.main()
    assert "taught weights, learned from landmarks" in capsys.readouterr().out
    with safe_open(paths.LOSS_NETWORK, "pt") as file:
        metadata = json.loads(file.metadata()[METADATA_KEY])
    assert metadata["source"] == "taught" and list(metadata["rms"])[-1] == "relu5_1"
    assert describe_weights(paths.LOSS_NETWORK) == ("taught on landmarks, thumbnails and noise of 30 faces, 0.0625 "
                                                    "times VGG-19's channels")
    given_back = get_source("file", str(paths.LOSS_NETWORK), seed=0, width=0.0625)
    assert given_back.learned_from == metadata["learned_from"] == "landmarks, thumbnails and noise of 30 faces"


def test_a_killed_stage_goes_on_and_gives_the_same_bits(asked, monkeypatch):
    teach.main()
    expected = hashes()
    shutil.rmtree(paths.TEACHING)
    step, steps = training.take_step, 0

    def killed(*arguments):
        nonlocal steps
        steps += 1
        if steps == 5:
            raise Killed
        return step(*arguments)

    monkeypatch.setattr(training, "take_step", killed)
    with pytest.raises(Killed):
        teach.main()
    [checkpoints] = teach.WORK.iterdir()
    assert [path.name for path in checkpoints.iterdir()] == ["step-00000003.pt"]
    teach.main()
    assert hashes() == expected and steps == 5 + 3 and not teach.WORK.exists()


def test_a_damaged_checkpoint_is_a_warning_and_the_bits_are_the_same(asked, monkeypatch, capsys):
    teach.main()
    expected = hashes()
    monkeypatch.setattr(teach, "write_taught", raise_killed)
    with pytest.raises(Killed):
        teach.main()
    monkeypatch.undo()
    monkeypatch.chdir(asked)
    [checkpoints] = teach.WORK.iterdir()
    for checkpoint, length in zip(sorted(checkpoints.iterdir()), (100, 0), strict=True):
        checkpoint.write_bytes(checkpoint.read_bytes()[:length])
    teach.main()
    assert capsys.readouterr().err.count("is damaged") == 2 and hashes() == expected


def raise_killed(*arguments):
    raise Killed


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_split_without_faces_is_one_sentence(asked, monkeypatch, split):
    read = teach.read_faces
    monkeypatch.setattr(teach, "read_faces", lambda name: type(faces := read(name))(*(
        part[:0] if name == split else part for part in faces)))
    with pytest.raises(InputError, match="^there are no (training|validation) images, and the loss network is taught"):
        teach.main()


def test_work_for_another_recipe_is_not_taken(asked, monkeypatch):
    (teach.WORK / "another").mkdir(parents=True)
    (teach.WORK / "another/step-00000003.pt").write_bytes(b"of another recipe")
    teach.main()
    assert not teach.WORK.exists()


def test_no_label_is_read(asked, monkeypatch):
    teach.main()
    expected = hashes()
    faces = open_celeba(asked / "celeba")
    labels = all_known(("Bald", "Male"), np.random.default_rng(9).random((60, 2)) < 0.5)
    shutil.rmtree(paths.SHARDS)
    prepare(dataclasses.replace(faces, attributes=labels), paths.SHARDS, tiny.SIZE, progress=False)
    teach.main()
    assert hashes() == expected
