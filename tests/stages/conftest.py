"""A project in which the long stages have run, with models that were never trained."""

import pytest

from pipeline.config.loading import load_params
from pipeline.config.plans import PhotographsPlan, SamplingPlan
from pipeline.data import shards
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.latent_space.encoding import encode_to_file
from pipeline.models.build import build_model
from pipeline.models.weights_file import write_weights
from pipeline.vocabulary import SPLITS
from tests import tiny
from tests.data.conftest import draw_celeba


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A working directory with shards of 60 pictures, an untrained VAE with its latents, and an untrained DCGAN."""
    prepare(open_celeba(draw_celeba(tmp_path / "celeba", images=60)), tmp_path / "data/shards", tiny.SIZE,
            progress=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(tiny.PARAMS.read_text())
    (tmp_path / "plan/pipeline").mkdir(parents=True, exist_ok=True)
    params = load_params()
    plan = SamplingPlan(**dict(params.sampling) | {"images": 12, "frechet_layer": "relu1_1", "mixture_components": 9,
                                                   "inception": None}, seed=0)
    (tmp_path / "plan/pipeline/sampling.json").write_text(plan.model_dump_json())
    of_photographs = PhotographsPlan(**{name: getattr(plan, name) for name in PhotographsPlan.model_fields})
    (tmp_path / "plan/pipeline/photographs.json").write_text(of_photographs.model_dump_json())
    variants = [tiny.variant(name) for name in ("dfc", "dcgan")]
    tiny.write_code(*variants)
    for variant in variants:
        model = build_model(variant).eval()
        write_weights(tmp_path / f"models/{variant.name}/model.safetensors", model.state_dict(), variant)
        if variant.encodes:
            encode_to_file(tmp_path / "latents/dfc/aligned.parquet", model,
                           [(split, *shards.load("data/shards", "aligned", split)[:2]) for split in SPLITS],
                           tmp_path / "parts")
    tiny.write_loss_network(tmp_path / "models/loss_network.safetensors")
    return tmp_path
