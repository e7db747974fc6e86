"""The layers of `explorer.layers` run by torch: what the page will show, to be compared with the model itself."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from pipeline.explorer.layers import Layer
from pipeline.hardware.float32 import full_float32


def as_float16(layers: Sequence[Layer]) -> list[np.ndarray]:
    """Return the weights and biases of layers in turn, as float16: what the page has. Too large ones are infinite."""
    with np.errstate(over="ignore"):
        return [array.astype(np.float16) for layer in layers for array in (layer.weight, layer.bias)]


def run(layers: Sequence[Layer], given: np.ndarray, parameters: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """Return the output of layers in float32.

    Args:
        layers: of a network.
        given: float32 N×…, its inputs.
        parameters: the weights and biases in turn, such as `as_float16` has them; None for the layers' own.

    Returns:
        float32 N×C×H×W.
    """
    parameters = parameters or [array for layer in layers for array in (layer.weight, layer.bias)]
    x = torch.from_numpy(given)
    with full_float32(), torch.no_grad():
        for layer, weight, bias in zip(layers, parameters[::2], parameters[1::2], strict=True):
            of_layer = (torch.from_numpy(array.astype(np.float32)) for array in (weight, bias))
            x = activated(layer, multiplied(layer, x.reshape(len(x), *layer.before), *of_layer))
    return x.numpy()


def multiplied(layer: Layer, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return what a layer makes of N×C×H×W before its activation."""
    if layer.kind == "linear":
        return functional.linear(x.flatten(1), weight, bias).reshape(len(x), *layer.after)
    if layer.kind == "transposed":
        return functional.conv_transpose2d(x, weight, bias, stride=2, padding=1)
    padding, stride = (1, 1) if layer.kind == "upsampled" else (layer.padding, layer.stride)
    if layer.kind == "upsampled":
        x = functional.interpolate(x, scale_factor=2, mode="nearest")
    x = functional.pad(x, (padding,) * 4, mode="replicate" if layer.edges else "constant")
    return functional.conv2d(x, weight, bias, stride=stride)


def activated(layer: Layer, x: torch.Tensor) -> torch.Tensor:
    """Return what the activation of a layer makes of a tensor."""
    name = layer.activation.name
    if name == "none":
        return x
    if name == "leaky_relu":
        return functional.leaky_relu(x, layer.activation.slope)
    return {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[name](x)
