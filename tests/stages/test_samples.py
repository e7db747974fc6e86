"""The stage samples, with models that were never trained."""

import json

import pytest

from pipeline.errors import InputError
from pipeline.latent_space.sampling import read_mixture
from pipeline.workspace.records import machine, read_record
from stages import samples as stage


def test_samples_from_the_prior_and_a_mixture_are_scored(planned, capsys):
    stage.main("dfc")
    stage.main("dcgan")
    vae, gan = (json.loads((planned / f"metrics/samples/{name}.json").read_text()) for name in ("dfc", "dcgan"))
    assert set(vae) == {"prior", "mixture", "test_images"} and set(gan) == {"prior", "test_images"}
    assert set(vae["mixture"]) == {"frechet_distance", "blur", "images"} and vae["prior"]["images"] == 12
    assert vae["test_images"] == gan["test_images"] and vae["test_images"]["images"] == 12
    assert {path.name for path in (planned / "samples/dfc").iterdir()} == {"mixture.npz", "notes.json"}
    assert {path.name for path in (planned / "samples/dcgan").iterdir()} == {"notes.json"}
    mixture = read_mixture(planned / "samples/dfc/mixture.npz")
    assert len(mixture.weights) == 3 and "3 instead of 9" in mixture.note  # 30 training images, 10 each
    assert json.loads((planned / "samples/dfc/notes.json").read_text()) == [mixture.note]
    assert read_record("samples", "dfc") == read_record("samples", "dcgan") == machine()
    said = capsys.readouterr().out
    assert "12 samples of" in said and f"mixture {vae['mixture']['frechet_distance']:.4g}" in said
    assert f"note: VAE-123: {mixture.note}" in said


def test_without_a_digest_of_the_code_nothing_is_scored(planned):
    (planned / "code/samples/dfc.json").unlink()
    with pytest.raises(InputError, match=r"code/samples/dfc.json is missing; run `dvc repro`"):
        stage.main("dfc")
    assert not (planned / "samples").exists() and not (planned / "metrics").exists()
