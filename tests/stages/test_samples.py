"""The stages photographs and samples, with models that were never trained."""

import json

import numpy as np
import pytest

from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.files.hashes import sha256
from pipeline.latent_space.sampling import read_mixture
from pipeline.tracking.runs import flatten
from pipeline.workspace.records import machine, read_record
from stages import photographs, samples
from tests import tiny

SCORES = {"frechet_distance", "kid", "precision", "recall", "images"}


def metrics(planned, name="dfc"):
    return json.loads((planned / f"metrics/samples/{name}.json").read_text())


def change_plan(planned, **values):
    """Change what the plans of both stages have."""
    for section in ("photographs", "sampling"):
        path = planned / f"plan/pipeline/{section}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_samples_from_the_prior_and_a_mixture_are_scored(planned, capsys):
    photographs.main()
    samples.main("dfc")
    samples.main("dcgan")
    vae, gan = metrics(planned), metrics(planned, "dcgan")
    assert set(vae) == {"prior", "mixture", "floor", "photographs"} == {"mixture", *gan}
    assert set(vae["mixture"]) == {*SCORES, "blur"} and vae["prior"]["images"] == 12
    assert set(vae["floor"]) == SCORES and vae["floor"]["images"] == 12
    assert set(vae["photographs"]) == {"blur", "images"} and vae["photographs"]["images"] == 12
    assert all(vae[name] == gan[name] for name in ("floor", "photographs"))
    assert all(isinstance(value, int | float) for value in flatten(vae).values())  # MLflow takes numbers only
    assert 0 < vae["floor"]["frechet_distance"] < vae["prior"]["frechet_distance"]
    assert {path.name for path in (planned / "samples/dfc").iterdir()} == {"mixture.npz", "notes.json", "protocol.json"}
    assert {path.name for path in (planned / "samples/dcgan").iterdir()} == {"notes.json", "protocol.json"}
    mixture = read_mixture(planned / "samples/dfc/mixture.npz")
    assert len(mixture.weights) == 3 and "3 instead of 9" in mixture.note  # 30 training images, 10 each
    assert json.loads((planned / "samples/dfc/notes.json").read_text())[0] == mixture.note
    assert read_record("samples", "dfc") == read_record("samples", "dcgan") == read_record("photographs") == machine()
    said = capsys.readouterr().out
    assert "12 samples of" in said and f"mixture {vae['mixture']['frechet_distance']:.4g}" in said
    assert f"12 training images {vae['floor']['frechet_distance']:.4g}" in said
    assert f"note: VAE-123: {mixture.note}" in said


def test_the_protocol_says_what_must_be_equal_for_numbers_to_be_compared(planned):
    photographs.main()
    samples.main("dfc")
    samples.main("dcgan")
    vae, gan = (json.loads((planned / f"samples/{name}/protocol.json").read_text()) for name in ("dfc", "dcgan"))
    assert vae.pop("trained_on") == ["relu1_1"] and gan.pop("trained_on") == [] and vae == gan
    network = vae.pop("networks")["loss_network"]
    assert vae == {"images": "view aligned", "image_size": tiny.SIZE, "samples": 12, "reference": "test",
                   "photographs": 12, "training_photographs": 12, "bootstrap": 0}
    assert network["sha256"] == sha256(planned / "models/loss_network.safetensors")[:16]
    assert "relu1_1" in network["features"] and network["weights"] == "random" and "not resized" in network["input"]


def test_fewer_images_than_features_are_a_note_and_no_error(planned, capsys):
    photographs.main()
    samples.main("dcgan")
    [note] = json.loads((planned / "samples/dcgan/notes.json").read_text())
    assert note.startswith("the Fréchet distance of 12 samples from 12 test images in 64 features has a singular")
    assert f"note: DCGAN: {note}" in capsys.readouterr().out


def test_another_split_can_be_the_reference(planned):
    photographs.main()
    of_test = np.load("photographs/features.npz")["loss_network"]
    change_plan(planned, reference="valid")
    photographs.main()
    samples.main("dcgan")
    valid = shards.load("data/shards", "aligned", "valid").pixels
    assert metrics(planned, "dcgan")["photographs"]["images"] == min(12, len(valid))
    assert not np.array_equal(np.load("photographs/features.npz")["loss_network"], of_test)
    assert json.loads((planned / "samples/dcgan/protocol.json").read_text())["reference"] == "valid"
    assert "validation images" in json.loads((planned / "samples/dcgan/notes.json").read_text())[0]


def test_the_bootstrap_adds_an_interval_to_each_distance_and_changes_no_number(planned):
    photographs.main()
    samples.main("dfc")
    without = metrics(planned)
    change_plan(planned, bootstrap=20)
    photographs.main()
    samples.main("dfc")
    now = metrics(planned)
    assert flatten(without).items() <= flatten(now).items()
    for source in ("prior", "mixture", "floor"):
        for distance in ("frechet_distance", "kid"):
            scores = now[source]
            assert scores[f"{distance}_low"] < scores[distance] < scores[f"{distance}_high"]
    assert now.keys() == without.keys() and now["photographs"] == without["photographs"]


def test_without_a_digest_of_the_code_nothing_is_scored(planned):
    (planned / "code/samples/dfc.json").unlink()
    with pytest.raises(InputError, match=r"code/samples/dfc.json is missing; run `dvc repro`"):
        samples.main("dfc")
    (planned / "code/photographs.json").unlink()
    with pytest.raises(InputError, match=r"code/photographs.json is missing; run `dvc repro`"):
        photographs.main()
    assert not any((planned / name).exists() for name in ("samples/dfc/protocol.json", "photographs", "metrics"))


def test_without_photographs_nothing_is_scored(planned):
    with pytest.raises(InputError, match=r"photographs/features.npz does not hold .*run that stage again"):
        samples.main("dfc")
    assert not (planned / "metrics").exists()
