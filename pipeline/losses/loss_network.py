"""The frozen loss network: where VGG-19's weights come from, and their calibration. `network_file` keeps both."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from pipeline.config import LossNetworkPlan
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.losses.network_file import Weights
from pipeline.losses.network_layers import layers_held, up_to
from pipeline.models.float32 import full_float32
from pipeline.models.vgg19 import VGG19Prefix
from pipeline.models.vgg19_layers import deepest, parameter_shapes
from pipeline.vocabulary import LAYERS


def weights(plan: LossNetworkPlan) -> Weights:
    """VGG-19's convolutional weights in torchvision's layout, float32, up to the deepest layer the source holds.

    Raises InputError where the file or the download is missing or not such weights.
    """
    if plan.source == "random":
        return random_weights(plan.seed)
    if plan.source == "imagenet":
        return imagenet_weights()
    path = Path(plan.file)
    return checked_weights(read_state_dict(path), path)


def random_weights(seed: int) -> Weights:
    """He's initialisation (He et al. 2015), which keeps the activations' RMS from layer to layer; biases 0."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.zeros(shape) if name.endswith("bias") else
            torch.randn(shape, generator=generator) * (2 / (shape[1] * 9)) ** 0.5
            for name, shape in parameter_shapes(LAYERS[-1]).items()}


def imagenet_weights() -> Weights:
    """torchvision's VGG-19, downloaded once into torch's cache and checked by its hash."""
    from torchvision.models import VGG19_Weights

    try:
        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
    except (OSError, RuntimeError) as error:  # no network; a hash that does not fit
        raise InputError("loss_network.source is imagenet, but torchvision's VGG-19 could not be downloaded "
                         f"({error}); give a copy: -S loss_network.source=file -S loss_network.file=PATH.") from None
    return {name: state[name].float() for name in parameter_shapes(LAYERS[-1])}


def read_state_dict(path: Path) -> Weights:
    """Tensors of a .safetensors file or a torch checkpoint, read without executing code from it."""
    if not path.is_file():
        raise InputError(f"loss_network.file: {path} does not exist; give the path of VGG-19's weights.")
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # on bytes that are something else, torch's reader ends in any error there is
        looks = "an HTML page, not weights" if path.open("rb").read(64).lstrip().startswith(b"<") else \
            "not a state dict that can be read without executing code"
        raise InputError(f"loss_network.file: {path} is {looks}; give a .pth or .safetensors state dict "
                         "in torchvision's layout.") from None
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        raise InputError(f"loss_network.file: {path} holds a {type(state).__name__}, not a state dict; "
                         "save the model's state_dict().")
    return state


def checked_weights(state: Weights, path: Path) -> Weights:
    """The unbroken prefix of VGG-19 that `state` holds, as float32; InputError where a shape is not VGG-19's."""
    prefix, held = {}, True
    for name, shape in parameter_shapes(LAYERS[-1]).items():
        held = held and name in state
        if not held:
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


def prefix(state: Weights, layers: list[str] | tuple[str, ...]) -> VGG19Prefix:
    """The network up to the deepest of `layers`, with weights from `state`."""
    network = VGG19Prefix(layers)
    names = parameter_shapes(deepest(layers))
    network.load_state_dict(dict(zip(network.state_dict(), (state[name] for name in names))))
    return network


@torch.no_grad()
def measure_rms(state: Weights, pixels: torch.Tensor, batch_size: int = 64) -> dict[str, float]:
    """Root mean square of every layer's activations over uint8 images N×3×H×W, in full float32.

    To six digits: the last bits depend on the number of threads, and all training depends on them.
    """
    network = prefix(state, layers_held(state)).to(memory_format=torch.channels_last)
    squares = dict.fromkeys(network.layers, 0.0)
    with full_float32():
        for batch in pixels.split(batch_size):
            for layer, activation in network(to_network(batch)).items():
                squares[layer] += activation.square().mean().item() * len(batch)
    return {layer: float(f"{(total / len(pixels)) ** 0.5:.6g}") for layer, total in squares.items()}


def load(path: Path, layers: list[str]) -> tuple[VGG19Prefix, dict[str, float]]:
    """The network at `path` up to the deepest of `layers`, float32 and channels last; and its activations' RMS by
    layer. Raises InputError where it does not hold a layer."""
    state, rms = up_to(path, layers)
    return prefix(state, layers).to(memory_format=torch.channels_last), rms
