"""Where VGG-19's weights come from: a download, a file, or a random generator."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file

from pipeline.errors import InputError
from pipeline.losses.loss_network.conventions import to_torchvision
from pipeline.losses.loss_network.file import Weights
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS


class Source(NamedTuple):
    """VGG-19 as a source gave it."""

    weights: Weights     # in torchvision's convention
    converted_from: str  # the convention of the source, "" if it is torchvision's


def get_weights(source: str, file: str | None, seed: int) -> Weights:
    """Return the weights of `get_source`."""
    return get_source(source, file, seed).weights


def get_source(source: str, file: str | None, seed: int) -> Source:
    """Get the weights of VGG-19's convolutions, up to the deepest layer that the source holds.

    Args:
        source: random, imagenet or file, as in loss_network.source.
        file: Path of the weights, if the source is file.
        seed: Seed of random weights.

    Returns:
        float32 tensors by torchvision's names, and whether they were converted.

    Raises:
        InputError: The file or the download is missing, or it is not VGG-19's weights in a known convention.
    """
    if source == "random":
        return Source(random_weights(seed), "")
    if source == "imagenet":
        return Source(imagenet_weights(), "")
    if file is None:
        raise InputError("loss_network.source is file, but loss_network.file names none; give the path of VGG-19's "
                         "weights.")
    path = Path(file)
    return Source(*to_torchvision(select_vgg19(read_state_dict(path), path), path))


def random_weights(seed: int) -> Weights:
    """Draw weights as He et al. 2015, which keeps the activations' RMS from layer to layer; biases are 0."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.zeros(shape) if name.endswith("bias") else
            torch.randn(shape, generator=generator) * (2 / (shape[1] * 9)) ** 0.5
            for name, shape in parameter_shapes(LAYERS[-1]).items()}


def imagenet_weights() -> Weights:
    """Download torchvision's VGG-19 once into torch's cache, and check its hash."""
    from torchvision.models import VGG19_Weights

    try:
        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
    except (OSError, RuntimeError) as error:  # no network; a hash that does not fit
        raise InputError("loss_network.source is imagenet, but torchvision's VGG-19 could not be downloaded "
                         f"({error}); give a copy: -S loss_network.source=file -S loss_network.file=PATH.") from None
    return {name: state[name].float() for name in parameter_shapes(LAYERS[-1])}


def read_state_dict(path: Path) -> dict[str, Any]:
    """Read a state dict from a .safetensors file or a torch checkpoint, without executing code from it.

    Raises:
        InputError: The file is missing, or holds something else.
    """
    if not path.is_file():
        raise InputError(f"loss_network.file: {path} does not exist; give the path of VGG-19's weights.")
    try:
        state: Any = load_file(path) if path.suffix == ".safetensors" else \
            torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch's reader raises errors of any kind on other bytes
        with path.open("rb") as file:
            is_html = file.read(64).lstrip().startswith(b"<")
        what = "an HTML page, not weights" if is_html else "not a state dict that can be read without executing code"
        raise InputError(f"loss_network.file: {path} is {what}; give a .pth or .safetensors state dict "
                         "in torchvision's layout.") from None
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        raise InputError(f"loss_network.file: {path} holds a {type(state).__name__}, not a state dict; "
                         "save the model's state_dict().")
    return state


def select_vgg19(state: dict[str, Any], path: Path) -> Weights:
    """Return the unbroken prefix of VGG-19's convolutions that a state dict holds, as float32.

    Args:
        state: A state dict in torchvision's layout; it may hold more.
        path: Where it comes from, for errors.

    Raises:
        InputError: The first convolution is missing, a shape is not VGG-19's, or a value is not finite.
    """
    prefix: Weights = {}
    for name, shape in parameter_shapes(LAYERS[-1]).items():
        if name not in state:
            break
        given = tuple(state[name].shape) if isinstance(state[name], torch.Tensor) else type(state[name]).__name__
        if given != shape:
            raise InputError(f"loss_network.file: {name} in {path} has shape {given}, but VGG-19's is {shape}; "
                             "give weights of VGG-19 without batch norm.")
        if not state[name].isfinite().all():
            raise InputError(f"loss_network.file: {name} in {path} has values that are not finite; "
                             "the file is damaged, so get it again.")
        prefix[name] = state[name].float()
    if len(prefix) < 2:
        raise InputError(f"loss_network.file: {path} has no features.0.weight and features.0.bias; "
                         "give VGG-19's weights in torchvision's layout.")
    return prefix
