"""The stage samples, with models that were never trained."""

import json

import pytest
from PIL import Image

from pipeline import latents, sampling
from pipeline.config import SamplingPlan, load_params
from pipeline.data import shards
from pipeline.data.celeba import open_celeba
from pipeline.data.prepare import prepare
from pipeline.models.build import build_model
from pipeline.models.trained import save_weights
from stages import samples as stage
from tests import tiny
from tests.data.conftest import draw_celeba


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A folder with shards of 60 pictures, an untrained VAE and a DCGAN, and latents, as the working directory."""
    prepare(open_celeba(draw_celeba(tmp_path / "celeba", images=60)), tmp_path / "data/shards", tiny.SIZE, processes=1,
            progress=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(tiny.PARAMS.read_text())
    (tmp_path / "plan/pipeline").mkdir(parents=True)
    params = load_params()
    plan = SamplingPlan(**dict(params.sampling) | {"images": 12, "frechet_layer": "relu1_1", "mixture_components": 9},
                        seed=0, inception_sha256=None)
    (tmp_path / "plan/pipeline/sampling.json").write_text(plan.model_dump_json())
    for name in ("dfc", "dcgan"):
        variant = tiny.variant(name)
        model = build_model(variant).eval()
        (tmp_path / f"plan/{name}.json").write_text(variant.model_dump_json())
        save_weights(tmp_path / f"models/{name}/model.safetensors", model.state_dict(), variant)
        if name == "dfc":
            latents.write(tmp_path / "latents/dfc/aligned.parquet", model,
                          [(split, *shards.load("data/shards", "aligned", split)[:2]) for split in shards.SPLITS],
                          tmp_path / "parts")
    tiny.write_loss_network(tmp_path / "models/loss_network.safetensors")
    return tmp_path


def test_samples_from_both_sources_are_drawn_and_scored(planned, capsys):
    stage.main("dfc")
    stage.main("dcgan")
    vae, gan = (json.loads((planned / f"metrics/samples/{name}.json").read_text()) for name in ("dfc", "dcgan"))
    assert set(vae) == {"prior", "mixture", "test_images"} and set(gan) == {"prior", "test_images"}
    assert set(vae["mixture"]) == {"frechet_distance", "blur", "images"} and vae["prior"]["images"] == 12
    assert vae["test_images"] == gan["test_images"] and vae["test_images"]["images"] == 12
    assert {path.name for path in (planned / "samples/dfc").iterdir()} == {
        "prior.png", "mixture.png", "mixture.npz", "notes.json"}
    assert {path.name for path in (planned / "samples/dcgan").iterdir()} == {"prior.png", "notes.json"}
    width, height = Image.open(planned / "samples/dfc/mixture.png").size
    assert width > 8 * 2 * tiny.SIZE and height > 5 * 2 * tiny.SIZE
    mixture = sampling.load(planned / "samples/dfc/mixture.npz")
    assert len(mixture.weights) == 3 and "3 instead of 9" in mixture.note  # 30 training images, 10 each
    assert json.loads((planned / "samples/dfc/notes.json").read_text()) == [mixture.note]
    said = capsys.readouterr().out
    assert "12 samples of" in said and f"mixture {vae['mixture']['frechet_distance']:.4g}" in said
