"""Which of VGG-19's layers some weights reach."""

from collections.abc import Collection, Sequence

from pipeline.errors import InputError
from pipeline.models.vgg19_layers import RELU_INDEX
from pipeline.vocabulary import LAYERS


def layers_held(weight_names: Collection[str]) -> tuple[str, ...]:
    """Return the layers that can be computed from weights with these names, in the network's order.

    Args:
        weight_names: Names in torchvision's layout of an unbroken prefix of VGG-19.
    """
    return tuple(layer for layer in LAYERS if f"features.{RELU_INDEX[layer] - 1}.bias" in weight_names)


def check_layers_held(weight_names: Collection[str], layers: Sequence[str], source: str, parameter: str) -> None:
    """Raise InputError if one of `layers` is deeper than the weights reach.

    Args:
        weight_names: Names in torchvision's layout of an unbroken prefix of VGG-19.
        layers: The layers that are needed.
        source: What holds the weights, in words.
        parameter: Dotted path of the parameter that asks for `layers`, such as "sampling.frechet_layer".
    """
    held = layers_held(weight_names)
    for layer in layers:
        if layer not in held:
            raise InputError(f"params.yaml: {parameter} names {layer}, but {source} holds VGG-19 only up to "
                             f"{held[-1]}; choose other layers, or another loss_network.source or file.")
