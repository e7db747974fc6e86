"""A variant, faces and a loss network so small that a test can train with them."""

import functools
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
import yaml

from pipeline import vocabulary
from pipeline.config.loading import load_params
from pipeline.config.plans import ReportPlan
from pipeline.config.variant import Variant
from pipeline.files.json_file import write_json
from pipeline.losses.loss_network import file, sources
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.file import Weights
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.plan import code

FOLDER = tempfile.TemporaryDirectory()  # until the tests end
PARAMS = Path(FOLDER.name) / "params.yaml"
SIZE = 32
VARIANTS = ("pvae", "dfc", "dfc_345", "dcgan", "vae_wgan")  # the committed ones, without a user's own


def params_without_an_experiment() -> dict:
    """Return the project's params.yaml with VAE-123's layers, as an experiment leaves its own in the working tree."""
    params = yaml.safe_load((Path(__file__).resolve().parents[1] / "params.yaml").read_text())
    params["loss"]["layers"] = ["relu1_1", "relu2_1", "relu3_1"]
    params["variants"] = {name: block for name, block in params["variants"].items() if name in VARIANTS}
    return params


PARAMS.write_text(yaml.safe_dump(params_without_an_experiment(), sort_keys=False))
torch.set_num_threads(1)  # with tensors so small, a second thread only costs time


def variant(name: str = "dfc", loss: dict | None = None, adversary: dict | None = None, **train) -> Variant:
    """Return the committed `name` with 32×32 images, 4 latent dimensions and the features of relu1_1, in float32."""
    resolved = load_params(PARAMS).variant(name).model_dump()
    resolved["image_size"] = SIZE
    resolved["model"] |= {"latent_dim": 4, "channels": [4, 4, 8, 8]}
    if resolved["adversary"]["kind"] != "none":
        resolved["adversary"] |= {"channels": [4, 4, 8, 8]} | (adversary or {})
    if resolved["loss"]["reconstruction"] == "feature":
        resolved["loss"] |= {"layers": ["relu1_1"], "reference_rms": {"relu1_1": 50.2}}
    resolved["loss"] |= loss or {}
    resolved["train"] |= {"batch_size": 8, "epochs": 3, "learning_rate": 0.005, "precision": "fp32"} | train
    return Variant.model_validate(resolved)


def faces(number: int, seed: int = 0, size: int = SIZE) -> np.ndarray:
    """Return smooth random pictures, uint8 N×3×S×S, which all resemble one mean picture."""
    mean = np.random.default_rng(99).uniform(0, 255, (1, 3, 4, 4))
    own = np.random.default_rng(seed).uniform(0, 255, (number, 3, 4, 4))
    coarse = torch.from_numpy((mean + own) / 2)
    return torch.nn.functional.interpolate(coarse, size, mode="bilinear").to(torch.uint8).numpy()


def random_weights(last: str, seed: int = 0) -> Weights:
    """Return the random loss network's weights up to the layer `last`."""
    weights = sources.random_weights(seed)
    return {name: weights[name] for name in parameter_shapes(last)}


def write_loss_network(path: Path, last: str = "relu1_1") -> Path:
    """Write the random loss network up to `last`, calibrated on a few faces. Return its path."""
    weights = random_weights(last)
    file.write_loss_network(path, weights, measure_rms(weights, torch.from_numpy(faces(16))), "random")
    return path


def write_code(*variants: Variant) -> None:
    """Write into the current folder what the stage plan writes of variants and code. No stage begins without it."""
    report = ReportPlan(**dict(load_params(PARAMS).report), seed=0, variants={v.name: v.label for v in variants})
    write_json(Path("plan/pipeline/report.json"), report.model_dump())
    for variant in variants:
        Path(f"plan/{variant.name}.json").write_text(variant.planned())
    for path, text in _code(tuple(variant.planned() for variant in variants), vocabulary.__file__).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@functools.cache  # to read all code takes 0.4 s, and many tests need it
def _code(plans: tuple[str, ...], vocabulary_file: str) -> dict[Path, str]:
    """Return path → text of the digests of all stages."""
    variants = [Variant.model_validate({**json.loads(plan), "label": ""}) for plan in plans]  # no code knows it
    return {path: code.as_text(digest) for path, digest in code.digests(variants, "synthetic").items()}
