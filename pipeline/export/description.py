"""config.json: what a program needs to know of an export."""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.export.folder import CONFIG, FORMAT
from pipeline.export.frame import frame
from pipeline.export.graphs import DESCRIPTIONS, OPSET
from pipeline.export.trained_variant import TrainedVariant
from pipeline.files.hashes import sha256

PACKAGES = ("torch", "onnx", "onnxruntime", "numpy")


def describe(trained: TrainedVariant, differences: Mapping[str, float], example: str) -> dict[str, Any]:
    """Return what config.json says, but for the hashes of the files.

    Args:
        trained: the variant.
        differences: output → largest difference between onnxruntime and torch.
        example: what example.py does, "edit" or "walk".
    """
    variant, space = trained.variant, trained.space
    parts = list(DESCRIPTIONS) if variant.encodes else ["decoder"]
    return {
        "format": FORMAT, "variant": variant.name, "label": variant.label, "architecture": variant.model.architecture,
        "latent_dim": variant.model.latent_dim, "image_size": variant.image_size, "opset": OPSET,
        "graphs": {f"{part}.onnx": DESCRIPTIONS[part] for part in parts},
        "frame": frame(variant.image_size, trained.manifest),
        "attributes": list(space.attributes), "without_vector": space.vectors.missing() if space.vectors else [],
        "svms": trained.svm_set, "mixture_components": len(space.mixture.weights) if space.mixture else 0,
        "trained_on": {"source": trained.manifest["source"], "images": trained.manifest["images"]["train"],
                       "sha256": trained.manifest["sha256"]},
        "largest_differences_from_torch": {name: float(f"{value:.2g}") for name, value in differences.items()},
        "example": example,
        "versions": {"face-vae-pipeline": version("face-vae-pipeline"),
                     **{name: version(name) for name in PACKAGES}}}


def hashes_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder but config.json, by its name."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != CONFIG}


def version(package: str) -> str:
    """Return the version of an installed package, without the build behind a plus; "" where it is not installed."""
    try:
        return metadata.version(package).split("+")[0]
    except metadata.PackageNotFoundError:
        return ""
