"""The networks in whose features samples are scored, and what a reader must know of them to compare numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.evaluation.frechet import ImageFeatures
from pipeline.evaluation.inception import inception_features
from pipeline.evaluation.loss_network_features import loss_network_features
from pipeline.evaluation.score_names import INCEPTION, LOSS_NETWORK
from pipeline.files.hashes import sha256
from pipeline.losses.loss_network.file import describe_weights

if TYPE_CHECKING:
    import torch

DIGITS = 16  # of a SHA-256, enough to tell weights apart


def scoring_networks(loss_network: Path, layer: str, inception: str | None, device: "str | torch.device" = "cpu"
                     ) -> dict[str, ImageFeatures]:
    """Return name → features of the loss network, and of Inception where its weights are given.

    Args:
        loss_network: its file.
        layer: of the loss network, for example relu4_1.
        inception: path of Inception's weights; None for none.
        device: where the networks run.

    Raises:
        InputError: a file does not hold what is asked for.
    """
    networks = {LOSS_NETWORK: loss_network_features(loss_network, layer, device)}
    if inception:
        networks[INCEPTION] = inception_features(Path(inception), device)
    return networks


def describe_networks(loss_network: Path, layer: str, inception: str | None) -> dict[str, dict[str, Any]]:
    """Return name → what each network's features are, whence its weights, and the start of their SHA-256."""
    described = {LOSS_NETWORK: {
        "features": f"VGG-19's {layer}, averaged over all places and divided by its RMS over faces",
        "input": "images as they are, not resized",
        "weights": describe_weights(loss_network), "sha256": sha256(loss_network)[:DIGITS]}}
    if inception:
        described[INCEPTION] = {
            "features": "the last pooling of FID's Inception, as torch-fidelity converts it from TensorFlow",
            "input": "images resized to 299×299 pixels by TensorFlow 1's bilinear interpolation",
            "weights": "file", "sha256": sha256(Path(inception))[:DIGITS]}
    return described
