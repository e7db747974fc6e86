"""The stage baselines: a table for each, and a sentence on each."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline.config.loading import load_params
from pipeline.config.plans import BaselinesPlan, LossNetworkPlan
from pipeline.data import shards
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.errors import InputError
from pipeline.evaluation import vgg_fc
from pipeline.files.json_file import read_json
from pipeline.vocabulary import BASELINES, SPLITS, choices
from pipeline.workspace.records import machine, read_record
from stages import baselines as stage
from tests import tiny
from tests.data.conftest import draw_celeba

NO_VGG_FC = {"name": "vgg_fc", "label": "VGG-FC",
             "note": "VGG-FC was not measured: the loss network has random weights, so there is no VGG-19 trained on "
                     "ImageNet."}


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A working directory with shards of 60 drawn pictures, a loss network, and plans without any method."""
    prepare(open_celeba(draw_celeba(tmp_path / "celeba", images=60)), tmp_path / "data" / "shards", tiny.SIZE,
            progress=False)
    tiny.write_loss_network(tmp_path / "models/loss_network.safetensors")
    shutil.copy(tiny.PARAMS, tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    tiny.write_code()
    write_plans([])
    return tmp_path


def write_plans(methods: list[str], view: str = "landmark") -> None:
    """Write the plans of these baselines, and of a random loss network."""
    plan = BaselinesPlan(**dict(load_params().baselines) | {
        "methods": methods, "view": view, "supervised_epochs": 2}, svm_c=[0.01, 0.1], image_size=tiny.SIZE,
        latent_dim=4, channels=[4, 4, 8, 8], layers=["relu1_1"], train_seed=0, seed=0)
    network = LossNetworkPlan(source="random", width=1.0, file=None, calibration_images=8, seed=0)
    for name, section in (("baselines", plan), ("loss_network", network)):
        Path(f"plan/pipeline/{name}.json").write_text(section.model_dump_json())


def test_every_baseline_has_the_same_columns_and_a_sentence(planned, capsys):
    methods = ["supervised", "pca", "untrained", "loss_network"]
    assert set(methods) <= set(choices(BASELINES))
    write_plans(methods)
    stage.main()
    tables = {name: pd.read_csv(f"baselines/{name}.csv", keep_default_na=False) for name in methods}
    columns = set(tables["pca"])
    assert {"accuracy", "balanced_accuracy", "majority", "C"} <= columns
    for name, table in tables.items():
        assert len(table) == 40 and columns <= set(table), name
        np.testing.assert_array_equal(table["majority"], tables["pca"]["majority"])
    assert set(tables["supervised"]["C"]) == {""} and set(tables["pca"]["C"]) <= {0.01, 0.1}
    notes = read_json(Path("baselines/notes.json"))
    assert [note["name"] for note in notes] == [*methods, "vgg_fc"] and notes[-1] == NO_VGG_FC
    assert all(note["note"].startswith(f"{note['label']}: ") for note in notes[:-1])
    assert read_record("baselines") == machine()
    averages = read_json(Path("metrics/baselines.json"))
    assert list(averages) == methods
    scores = {"accuracy", "balanced_accuracy", "average_precision", "auroc", "majority", "valid_accuracy"}
    for name, of_baseline in averages.items():
        assert of_baseline.keys() == scores | (set() if name == "supervised" else {"C"})
        for score in scores:
            assert of_baseline[score] == pytest.approx(pd.read_csv(f"baselines/{name}.csv")[score].mean())
    said = capsys.readouterr().out
    assert "baselines/pca.csv: accuracy of PCA of the pixels on view landmark: " in said and "60 images" in said
    assert "(balanced " in said and "(C 0." in said and "nan" not in said


def interrupt(*_) -> None:
    raise KeyboardInterrupt


def test_vgg_fc_sees_the_view_of_the_plan_once(planned, monkeypatch):
    seen = []

    def brightness(weights, batches, device):
        """Return one number per image."""
        assert weights == {"classifier": torch.tensor(1)}
        seen.append(np.concatenate(list(batches)))
        return seen[-1].mean(axis=(1, 2, 3))[:, None].astype(np.float32)

    monkeypatch.setattr(vgg_fc, "get_weights", lambda source, file, width: {"classifier": torch.tensor(1)})
    monkeypatch.setattr(vgg_fc, "activations", brightness)
    monkeypatch.setitem(vgg_fc.CLASSIFIER, "classifier.3.bias", (1,))
    write_plans([], "eyes")
    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(stage, "score", interrupt)
        stage.main()
    stage.main()
    expected = [shards.load("data/shards", "eyes", split).pixels for split in SPLITS]
    np.testing.assert_array_equal(np.concatenate(seen), np.concatenate(expected))  # nothing was computed twice
    assert not Path(".checkpoints/vgg_fc").exists()
    assert len(pd.read_csv("baselines/vgg_fc.csv")) == 40
    [note] = read_json(Path("baselines/notes.json"))
    assert list(read_json(Path("metrics/baselines.json"))) == ["vgg_fc"]
    assert note["label"] == "VGG-FC" and "the 32×32 faces scaled up to its 224×224 pixels" in note["note"]
    assert [path.name for path in Path("baselines").iterdir() if path.suffix == ".csv"] == ["vgg_fc.csv"]


def test_a_disk_too_small_for_vgg_fc_is_refused_before_any_baseline(planned, monkeypatch):
    monkeypatch.setattr(vgg_fc, "get_weights", lambda source, file, width: {"classifier": torch.tensor(1)})
    monkeypatch.setattr(stage, "measure", interrupt)
    monkeypatch.setattr("pipeline.data.space.free_bytes", lambda folder: 60 * 4096 * 4 - 1)
    write_plans(["pca"])
    with pytest.raises(InputError, match="^VGG-FC's features will need about 983 kB, at least .* lower data.limit$"):
        stage.main()
    parts = Path(".checkpoints/vgg_fc")
    parts.mkdir(parents=True)
    (parts / "00000.npy").write_bytes(b"0")  # a part that is there counts
    stage.refuse_small_disk(60, parts)
