"""Which of VGG-19's layers a loss network's weights reach, and as much of it as some layers need."""

import json
from pathlib import Path

from safetensors import safe_open

from pipeline.errors import InputError
from pipeline.losses.network_file import ABOUT, Weights
from pipeline.messages import loss_network_source
from pipeline.models.vgg19_layers import RELU_INDEX, deepest, parameter_shapes
from pipeline.vocabulary import LAYERS


def layers_held(state: Weights) -> tuple[str, ...]:
    """The layers that can be computed from an unbroken prefix of weights."""
    return tuple(layer for layer in LAYERS if f"features.{RELU_INDEX[layer] - 1}.bias" in state)


def check_layers_held(state: Weights, layers: list[str], source: str) -> None:
    """InputError if one of `layers` lies deeper than the weights reach."""
    held = layers_held(state)
    for layer in layers:
        if layer not in held:
            raise InputError(f"loss.layers names {layer}, but {source} holds VGG-19 only up to {held[-1]}; "
                             "choose other layers or give the whole network.")


def up_to(path: Path, layers: list[str]) -> tuple[Weights, dict[str, float]]:
    """As much of the network at `path` as a loss over `layers` reads: the weights up to the deepest one, float32, and
    the RMS of `layers`. Raises InputError where it does not hold a layer."""
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()[ABOUT])
        check_layers_held(dict.fromkeys(file.keys()), layers, loss_network_source(about["source"]))
        state = {name: file.get_tensor(name) for name in parameter_shapes(deepest(layers))}
    return state, {layer: about["rms"][layer] for layer in layers}
