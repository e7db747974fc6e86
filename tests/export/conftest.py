"""A working tree with results of two tiny variants, and their exports, made once for all tests of this folder."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, LossNetworkPlan
from pipeline.config.variant import Variant
from pipeline.data import shard_files, shards
from pipeline.data.attributes import all_known
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.evaluation.linear_svm import LinearSVMs
from pipeline.evaluation.svm_file import write_svms
from pipeline.export.export import Exported, export_variant
from pipeline.files.atomic import write_text
from pipeline.files.json_file import write_json
from pipeline.latent_space.attribute_vectors import compute_attribute_vectors, write_attribute_vectors
from pipeline.latent_space.encoding import encode_to_file
from pipeline.latent_space.sampling import fit_mixture, write_mixture
from pipeline.models.build import build_model
from pipeline.models.interface import Model
from pipeline.models.weights_file import for_evaluation, load_model, write_weights
from pipeline.workspace.records import write_record
from tests import tiny

ATTRIBUTES = ("Bald", "Smiling", "Young")  # of the last there are no images
FACES = {"train": 40, "valid": 4, "test": 12}
SHA256 = "ab" * 32
SAMPLES = {"prior": {"frechet_distance": 4.321, "blur": 0.5, "images": 20}, "photographs": {"blur": 0.4, "images": 12},
           "floor": {"frechet_distance": 0.25, "images": 20}}
PROTOCOL = {"images": "view aligned", "image_size": tiny.SIZE, "samples": 20, "reference": "test", "photographs": 12,
            "training_photographs": 20, "bootstrap": 0, "trained_on": ["relu1_1"], "networks": {"loss_network": {
                "features": "relu4_1", "input": "as they are", "weights": "random", "sha256": "cd" * 8}}}


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """Return a working tree; tests change copies of it."""
    folder, before = tmp_path_factory.mktemp("export") / "project", Path.cwd()
    folder.mkdir()
    os.chdir(folder)
    try:
        write_shards()
        write_plans()
        tiny.write_loss_network(paths.LOSS_NETWORK)
        for name in ("dfc", "dcgan"):
            write_results(tiny.variant(name))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def project(made, tmp_path, monkeypatch) -> Path:
    """Return a copy of the working tree, which is the current folder."""
    shutil.copytree(made, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture(scope="session")
def exports(made) -> dict[str, Exported]:
    """Return what an export has made of each variant, in that working tree, by its name."""
    before = Path.cwd()
    os.chdir(made)
    try:
        folders = made.parent / "exports"
        return {name: export_variant(name, folders / name) for name in ("dfc", "dcgan")}
    finally:
        os.chdir(before)


def write_shards() -> None:
    random = np.random.default_rng(0)
    for split, number in FACES.items():
        labels = random.random((number, len(ATTRIBUTES))) < (0.5, 0.5, 0)
        ids = np.array([f"{split}-{row}.jpg" for row in range(number)])
        shard_files.write_part(paths.SHARDS, "aligned", split, 0, ids, tiny.faces(number, seed=number),
                               all_known(ATTRIBUTES, labels), None, about={})
    write_json(paths.SHARDS / shards.manifest_name("aligned"), {
        "source": "drawn faces (synthetic)", "image_size": tiny.SIZE, "view": "aligned", "images": FACES,
        "attributes": ATTRIBUTES, "sha256": SHA256})


def write_plans() -> None:
    variants = [tiny.variant(name) for name in ("dfc", "dcgan")]
    (paths.SECTIONS).mkdir(parents=True)
    tiny.write_code(*variants)
    params = load_params(tiny.PARAMS)
    write_json(paths.section_plan("evaluate"), EvaluatePlan(
        **dict(params.evaluate) | {"lpips": None}, reference_rms={}, seed=0).model_dump())
    write_json(paths.section_plan("loss_network"), LossNetworkPlan(
        source="random", width=1.0, file=None, calibration_images=8, seed=0).model_dump())


def lively_model(variant: Variant) -> Model:
    """Return a model whose weights are large, and whose batch statistics are not the initial ones."""
    torch.manual_seed(0)
    model = build_model(variant)
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.2 * torch.randn(weights.shape))
        for _ in range(5):
            model(to_network(torch.from_numpy(tiny.faces(8))) if variant.encodes else torch.randn(8, 4))
    return for_evaluation(model, "cpu")


def write_results(variant: Variant) -> None:
    name = variant.name
    about = {"source": "drawn faces (synthetic)", "images": FACES["train"], "sha256": SHA256}
    write_weights(paths.weights(name), lively_model(variant).state_dict(), variant, about)
    write_json(paths.metrics("train", name), {"epoch": 3, "kl": 2.5, "valid_loss": 12.5, "active_units": 4})
    write_json(paths.metrics("samples", name), SAMPLES)
    write_json(paths.protocol(name), PROTOCOL)
    write_record("train", name, precision="fp32", device="a processor", workers=1)
    scores: dict = {"svm": {}, "reconstruction": None}
    for folder in (paths.ATTRIBUTES, paths.SAMPLES):
        write_json(paths.variant_notes(folder, name), [])
    if variant.encodes:
        scores = write_latent_space(name, variant)
    write_json(paths.metrics("evaluate", name), scores)


def write_latent_space(name: str, variant: Variant) -> dict:
    """Write what the encoder yields; return scores."""
    model = load_model(paths.weights(name), variant)
    batches = [(split, faces.image_ids, faces.pixels) for split in FACES
               for faces in [shards.load(paths.SHARDS, "aligned", split)]]
    encode_to_file(paths.latents(name), model, batches, Path("parts"))
    train = shards.load(paths.SHARDS, "aligned", "train")
    from pipeline.latent_space.latents import read_latents
    latents = read_latents(paths.latents(name), ["train"])
    vectors = compute_attribute_vectors(latents.mu, train.attributes)
    write_attribute_vectors(paths.attribute_vectors(name), vectors)
    weights = np.random.default_rng(3).standard_normal((5, len(ATTRIBUTES)))
    weights[:, 2] = np.nan
    write_svms(paths.svm_weights(paths.EVALUATION / name, "aligned"), ATTRIBUTES, LinearSVMs(weights))
    write_mixture(paths.mixture(name), fit_mixture(latents.mu, latents.logvar, components=2))
    for path in (paths.flips(name), paths.entanglement(name), paths.preservation_table(name)):
        write_text(path, pd.DataFrame({"attribute": ATTRIBUTES}).to_csv(index=False))
    return {"svm": {"aligned": {"accuracy": 0.8765, "balanced_accuracy": 0.5, "auroc": 0.7, "majority": 0.8, "C": 1.0,
                                "average_precision": 0.5, "valid_accuracy": 0.8}},
            "reconstruction": {"psnr": 17.25, "ssim": 0.5, "blur": 0.6, "feature_distance": 1.0, "images": 12},
            "posterior": {"kl": 2.5, "active_units": 4, "valid_images": 4}}


def refusal(variant: str, folder: Path | str = "export/dfc") -> str:
    with pytest.raises(InputError) as error:
        export_variant(variant, Path(folder))
    assert "\n" not in str(error.value) and not list(Path().glob("export/*.part"))
    return str(error.value)
