"""The loss network as a module."""

from collections.abc import Sequence
from pathlib import Path

import torch

from pipeline.losses.loss_network.file import Weights, read_prefix
from pipeline.models.vgg19 import VGG19Prefix
from pipeline.models.vgg19_layers import deepest, parameter_shapes, width_of


def build_prefix(weights: Weights, layers: Sequence[str]) -> VGG19Prefix:
    """Build VGG-19 up to the deepest of `layers`, with weights by torchvision's names, which tell its width."""
    network = VGG19Prefix(layers, width_of(weights))
    names = parameter_shapes(deepest(layers))
    network.load_state_dict(dict(zip(network.state_dict(), (weights[name] for name in names), strict=True)))
    return network


def load_prefix(path: Path, layers: Sequence[str], parameter: str) -> tuple[VGG19Prefix, dict[str, float]]:
    """Load the loss network from its file, up to the deepest of `layers`.

    Args:
        path: A file of `write_loss_network`.
        layers: Layers of VGG-19, in any order.
        parameter: Dotted path of the parameter that asks for `layers`, for the error.

    Returns:
        The network, float32 and channels last in memory, and the RMS of the activations of `layers`.

    Raises:
        InputError: The file does not reach one of the layers.
    """
    weights, rms = read_prefix(path, layers, parameter)
    network = build_prefix(weights, layers)
    network.to(memory_format=torch.channels_last)
    return network, rms
