"""The stage explorer, with models that were never trained."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, ViewGainsPlan
from pipeline.data import shards
from pipeline.data.attributes import no_attributes
from pipeline.errors import InputError
from pipeline.evaluation.linear_svm import LinearSVMs
from pipeline.evaluation.svm_file import write_svms
from pipeline.files.json_file import read_json, write_json
from pipeline.latent_space import latents, sampling
from pipeline.latent_space.attribute_vectors import compute_attribute_vectors, write_attribute_vectors
from pipeline.models.architectures.dcgan import DCGAN
from pipeline.vocabulary import ATTRIBUTES
from stages import explorer


@pytest.fixture
def ready(planned) -> Path:
    """`planned` with what the explorer reads beside."""
    train = latents.read_latents(planned / "latents/dfc/aligned.parquet", ["train"])
    _, _, known = shards.load_attributes("data/shards", ["train"])
    write_attribute_vectors(planned / "attributes/dfc/vectors.parquet", compute_attribute_vectors(train.mu, known, 10))
    sampling.write_mixture(planned / "samples/dfc/mixture.npz", sampling.fit_mixture(train.mu, train.logvar, 1))
    write_svms(planned / "evaluation/dfc/svm_own.npz", ATTRIBUTES, LinearSVMs(np.ones((5, 40))))
    plan_sets({"own": ["aligned"]})
    params = load_params()
    write_json(Path("plan/pipeline/view_gains.json"), ViewGainsPlan(**dict(params.view_gains), labels={}).model_dump())
    return planned


def plan_sets(view_sets: dict[str, list[str]]) -> None:
    """Write the section of the plan that names the sets of views."""
    params = load_params()
    plan = EvaluatePlan(**dict(params.evaluate) | {"view_sets": view_sets, "lpips": None}, reference_rms={}, seed=0)
    write_json(Path("plan/pipeline/evaluate.json"), plan.model_dump())


def page_data() -> dict:
    """Run the stage, and return the page's data."""
    explorer.main()
    page = Path("explorer/index.html").read_text()
    return json.loads(re.search(r'id="explorer-data">(.*?)</script>', page, re.S)[1])


def test_it_writes_a_page_with_both_decoders_and_one_encoder(ready, capsys):
    data = page_data()
    dfc, dcgan = data["variants"]
    assert (dfc["canDecode"], dfc["canEncode"], dfc["hasEncoder"]) == (True, True, True)
    assert (dcgan["canDecode"], dcgan["canEncode"], dcgan["hasEncoder"]) == (True, False, False)
    test = shards.manifest("data/shards", "aligned")["images"]["test"]
    assert len(data["faces"]) == test and dfc["latents"]["shape"] == [test, 4] and dfc["map"]["shape"] == [test, 2]
    assert dfc["vectors"]["shape"] == [40, 4] and dfc["svms"]["shape"] == [5, 40] and dfc["mixture"]["weights"] == [1]
    assert [dcgan[part] for part in ("latents", "vectors", "svms", "mixture", "map")] == [None] * 5
    assert [one["name"] for one in data["attributes"][:6]] == [
        "Bald", "Black_Hair", "Eyeglasses", "Male", "Smiling", "Mustache"]
    np.testing.assert_allclose(data["frame"]["leftEye"], [54 * 32 / 148, 71 * 32 / 148])
    assert data["notes"] == [] and Path("records/explorer.json").is_file()
    said = capsys.readouterr().out
    assert re.fullmatch(rf"explorer/index.html: 2 decoders, {test} faces, [\d.]+ [kM]B\n", said)


def test_without_attributes_svms_mixture_and_landmarks(ready, monkeypatch, capsys):
    ids, splits, _ = shards.load_attributes("data/shards", ["test"])
    monkeypatch.setattr(shards, "load_attributes", lambda *_: (ids, splits, no_attributes(len(ids))))
    manifest = Path("data/shards/view=aligned/_manifest.json")
    write_json(manifest, read_json(manifest) | {"align": "crop"})
    (ready / "samples/dfc/mixture.npz").unlink()
    data = page_data()
    assert data["attributes"] == [] and data["frame"] is None
    assert [data["variants"][0][part] for part in ("vectors", "svms", "mixture")] == [None] * 3
    assert "note: There are no attributes to change: the data set has none." in capsys.readouterr().out
    assert any(note.startswith("A photograph of your own cannot be put in place") for note in data["notes"])


def test_what_cannot_run_or_be_read_is_left_out_with_a_sentence(ready, monkeypatch, capsys):
    monkeypatch.setattr(DCGAN, "decode", lambda model, z: model.decoder(z) + 0.1)
    plan_sets({"both": ["aligned", "eyes"]})
    data = page_data()
    assert [variant["canDecode"] for variant in data["variants"]] == [True, False]
    [note] = data["notes"]
    assert re.match(r"The faces of DCGAN are left out: its model has pictures that differ from those of the page by up "
                    r"to 13 grey levels of 255, and one is allowed", note)
    assert "index.html: 1 decoder, " in capsys.readouterr().out and data["variants"][0]["svms"] is None
    plan_sets({"lost": ["aligned"]})  # its file is not there
    assert page_data()["variants"][0]["svms"] is None

    all_of = latents.read_latents(ready / "latents/dfc/aligned.parquet")
    latents.write_empty_latents(ready / "latents/dfc/aligned.parquet", all_of.mu.shape[1])
    with pytest.raises(InputError, match="has no latents of the test image .*; run `dvc repro`"):
        explorer.main()
