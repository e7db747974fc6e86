"""Where VGG-19's weights come from: a download, a file, a random generator, or the stage teach."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file

from pipeline.errors import InputError
from pipeline.losses.loss_network.conventions import to_torchvision
from pipeline.losses.loss_network.file import Weights, read_learned_from
from pipeline.models.state_dict import WeightsFile, another_network, checked_weight, read_state_dict
from pipeline.models.vgg19_layers import FIRST, WIDTHS, filters, parameter_shapes
from pipeline.vocabulary import LAYERS


class Source(NamedTuple):
    """VGG-19 as a source gave it."""

    weights: Weights     # in torchvision's convention
    converted_from: str  # the convention of the source, "" if it is torchvision's
    learned_from: str = ""  # from what a network that this project has taught has learned, in words


def get_weights(source: str, file: str | None, seed: int, width: float | None = 1.0) -> Weights:
    """Return the weights of `get_source`."""
    return get_source(source, file, seed, width).weights


def get_source(source: str, file: str | None, seed: int, width: float | None = 1.0) -> Source:
    """Get the weights of VGG-19's convolutions, up to the deepest layer that the source holds.

    Args:
        source: random, taught, imagenet or file, as in loss_network.source.
        file: Path of the weights, if the source is file; where the stage teach has written them, if it is taught.
        seed: Seed of random weights.
        width: A factor on VGG-19's channels, as in loss_network.width. The download has width 1. None takes a file of
            any width.

    Returns:
        float32 tensors by torchvision's names, whether they were converted, and from what they have learned.

    Raises:
        InputError: The file or the download is missing, or it is not VGG-19's weights in a known convention and of
            this width.
    """
    if source == "random":
        return Source(random_weights(seed, width or 1.0), "")
    if source == "imagenet":
        return Source(imagenet_weights(), "")
    if source == "taught" and file:
        return taught_weights(Path(file))
    if file is None:
        raise InputError("loss_network.source is file, but loss_network.file names none; give the path of VGG-19's "
                         "weights")
    named = vgg19_file(file)
    weights = select_vgg19(read_state_dict(named), named, width)
    learned_from = read_learned_from(Path(file)) if file.endswith(".safetensors") else ""
    return Source(*to_torchvision(weights, named), learned_from)


def random_weights(seed: int, width: float = 1.0) -> Weights:
    """Draw weights as He et al. 2015, which keeps the activations' RMS from layer to layer; biases are 0."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.zeros(shape) if name.endswith("bias") else
            torch.randn(shape, generator=generator) * (2 / (shape[1] * 9)) ** 0.5
            for name, shape in parameter_shapes(LAYERS[-1], width).items()}


def taught_weights(path: Path) -> Source:
    """Read what the stage teach has written; raises InputError where it has not."""
    if not path.is_file():
        raise InputError(f"{path} is missing; run `dvc repro teach`, which teaches the loss network")
    return Source(dict(load_file(path)), "", read_learned_from(path))


def imagenet_weights() -> Weights:
    """Download torchvision's VGG-19 once into torch's cache, and check its hash."""
    from torchvision.models import VGG19_Weights

    try:
        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
    except (OSError, RuntimeError) as error:  # no network; a hash that does not fit
        raise InputError("loss_network.source is imagenet, but torchvision's VGG-19 could not be downloaded "
                         f"({error}); give a copy: -S loss_network.source=file -S loss_network.file=PATH.") from None
    return {name: state[name].float() for name in parameter_shapes(LAYERS[-1])}


def vgg19_file(path: str | Path) -> WeightsFile:
    """Return the words of errors on the file of VGG-19's weights, loss_network.file."""
    return WeightsFile("loss_network.file", path, "VGG-19",
                       "give a state dict of VGG-19 without batch norm in torchvision's layout, .pth or .safetensors")


def select_vgg19(state: dict[str, Any], file: WeightsFile, width: float | None = 1.0) -> Weights:
    """Return the unbroken prefix of VGG-19's convolutions that a state dict holds, as float32.

    Args:
        state: A state dict in torchvision's layout; it may hold more.
        file: Where it comes from.
        width: A factor on VGG-19's channels, which the file must have; None for any.

    Raises:
        InputError: The first convolution is missing, or a value is none of VGG-19's weights, or they have another
            width.
    """
    prefix: Weights = {}
    for name, shape in parameter_shapes(LAYERS[-1], checked_width(state, file, width)).items():
        if name not in state:
            break
        prefix[name] = checked_weight(file, name, state[name], shape)
    if len(prefix) < 2:
        raise another_network(file, "features.0.weight or features.0.bias is missing")
    return prefix


def checked_width(state: dict[str, Any], file: WeightsFile, width: float | None) -> float:
    """Return the width of the network that a state dict should hold.

    Args:
        state: A state dict in torchvision's layout.
        file: Where it comes from.
        width: The width that it must have; None for any.

    Raises:
        InputError: Its first convolution has as many filters as another width.
    """
    first = state.get(FIRST)
    held = len(first) if isinstance(first, torch.Tensor) and first.dim() and first.shape[1:] == (3, 3, 3) else 0
    if not held:
        return 1.0 if width is None else width  # another network, which the shapes of its weights tell
    if width is not None and held != filters(width):
        raise file.error(f"has {held} filters in features.0, but loss_network.width {width:g} asks for "
                         f"{filters(width)}", f"set loss_network.width to {held / WIDTHS[0]:g}")
    return held / WIDTHS[0]
