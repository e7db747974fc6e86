"""A trained network as a list of plain layers, which a few lines of JavaScript can run.

Each layer multiplies by weights, adds a bias and applies an activation. Batch norm is folded into the layer before it
(`explorer.folding`). Reshaping needs no layer: maps lie channel by channel, in the order of torch's own `flatten`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
from torch import nn

from pipeline.explorer.folding import fold

Shape = tuple[int, int, int]  # channels, height, width; a vector of D numbers is (D, 1, 1)
NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d)  # layers that do nothing to a trained model


class UnknownLayer(Exception):
    """A network has a layer that the page cannot run; the message names it, as the end of a sentence."""


@dataclass(frozen=True)
class Activation:
    """What follows the bias: "none", "relu", "leaky_relu" with its slope below 0, "tanh" or "sigmoid"."""

    name: str = "none"
    slope: float = 0.0


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        kind: what the weights do:
            "linear"       out×in, of maps as vectors.
            "convolution"  out×in×k×k, with `stride` and `padding` zeros or edge pixels around the map.
            "upsampled"    out×in×3×3, of the map that is scaled ×2 (nearest) and padded by 1.
            "transposed"   in×out×4×4, a transposed convolution with stride 2 and padding 1.
        weight: float32.
        bias: float32, one number for each channel; for "linear" one for each output.
        before: the shape of its input.
        after: the shape of its output.
        stride: of a convolution.
        padding: of a convolution, in pixels.
        edges: whether padding repeats the pixels of the edge; else it is zeros.
        activation: what follows.
    """

    kind: str
    weight: np.ndarray
    bias: np.ndarray
    before: Shape
    after: Shape
    stride: int = 1
    padding: int = 0
    edges: bool = False
    activation: Activation = Activation()


def read_layers(modules: Iterable[nn.Module], before: Shape) -> list[Layer]:
    """Return the layers of modules that follow each other, in evaluation mode.

    Args:
        modules: such as a decoder; those in an nn.Sequential count one by one.
        before: the shape of their input.

    Raises:
        UnknownLayer: there is a module that the page cannot run, or a known one with other options.
    """
    layers: list[Layer] = []
    shape, upsampled = before, False
    for module in flattened(modules):
        if upsampled and not isinstance(module, nn.Conv2d):
            raise UnknownLayer(f"{in_words(module)} behind an upsampling")
        if is_nearest_twice(module):
            upsampled = True
        elif isinstance(module, nn.Unflatten | nn.Flatten):
            shape = reshaped(module, shape)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            layers[-1:] = [with_batch_norm(layers[-1:], module)]
        elif (activation := activation_of(module)) is not None:
            layers[-1:] = [with_activation(layers[-1:], activation, module)]
        elif not isinstance(module, NOTHING):
            layers.append(weighted(module, shape, upsampled))
            shape, upsampled = layers[-1].after, False
    if upsampled:
        raise UnknownLayer("an upsampling at its end")
    return layers


def flattened(modules: Iterable[nn.Module]) -> Iterator[nn.Module]:
    """Yield modules one by one, those in an nn.Sequential too."""
    for module in modules:
        if isinstance(module, nn.Sequential):
            yield from flattened(module)
        else:
            yield module


def is_nearest_twice(module: nn.Module) -> bool:
    """Return whether a module scales maps ×2 by nearest neighbours. Other scalings of torch are unknown layers."""
    return isinstance(module, nn.Upsample) and module.mode == "nearest" and module.scale_factor in (2, (2.0, 2.0))


def reshaped(module: nn.Unflatten | nn.Flatten, shape: Shape) -> Shape:
    """Return the shape behind a module that only reshapes."""
    if isinstance(module, nn.Flatten):
        if (module.start_dim, module.end_dim) == (1, -1):
            return prod(shape), 1, 1
    elif module.dim == 1 and len(module.unflattened_size) == 3 and prod(module.unflattened_size) == prod(shape):
        channels, height, width = module.unflattened_size
        return channels, height, width
    raise UnknownLayer(in_words(module))


def with_batch_norm(last: list[Layer], module: nn.BatchNorm1d | nn.BatchNorm2d) -> Layer:
    """Return the last layer with the batch norm behind it folded in."""
    if not last or last[0].activation.name != "none" or module.running_mean is None:
        raise UnknownLayer("a batch norm that does not follow weights, or that has no running statistics")
    layer, axis = last[0], 1 if last[0].kind == "transposed" else 0
    weight, bias = fold(layer.weight, layer.bias, module, axis)
    return replace(layer, weight=weight, bias=bias)


def activation_of(module: nn.Module) -> Activation | None:
    """Return the activation that a module is, or None."""
    if isinstance(module, nn.LeakyReLU):
        return Activation("leaky_relu", module.negative_slope)
    names: dict[type[nn.Module], str] = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}
    return Activation(names[type(module)]) if type(module) in names else None


def with_activation(last: list[Layer], activation: Activation, module: nn.Module) -> Layer:
    """Return the last layer with its activation."""
    if not last or last[0].activation.name != "none":
        raise UnknownLayer(f"{in_words(module)} that does not follow weights")
    return replace(last[0], activation=activation)


def weighted(module: nn.Module, before: Shape, upsampled: bool) -> Layer:
    """Return the layer of a module with weights.

    Args:
        module: linear, a convolution or a transposed convolution.
        before: the shape of its input.
        upsampled: whether the input is scaled ×2 first.

    Raises:
        UnknownLayer: it is another module, or has options that the page cannot run.
    """
    _, height, width = before
    if isinstance(module, nn.Linear) and module.in_features == prod(before):
        return Layer("linear", numbers(module.weight), bias_of(module, module.out_features), before,
                     (module.out_features, 1, 1))
    if isinstance(module, nn.Conv2d) and is_plain(module):
        kernel, stride, padding = module.kernel_size[0], module.stride[0], int(module.padding[0])
        edges, bias = module.padding_mode == "replicate", bias_of(module, module.out_channels)
        if upsampled and (kernel, stride, padding) == (3, 1, 1):
            return Layer("upsampled", numbers(module.weight), bias, before,
                         (module.out_channels, 2 * height, 2 * width), edges=edges)
        if not upsampled and module.padding_mode in ("zeros", "replicate"):
            after = [(side + 2 * padding - kernel) // stride + 1 for side in (height, width)]
            return Layer("convolution", numbers(module.weight), bias, before, (module.out_channels, after[0], after[1]),
                         stride, padding, edges)
    if isinstance(module, nn.ConvTranspose2d) and is_plain(module) and module.output_padding == (0, 0):
        return transposed(module, before)
    raise UnknownLayer(in_words(module))


def transposed(module: nn.ConvTranspose2d, before: Shape) -> Layer:
    """Return the layer of a transposed convolution: of one pixel it is linear, else it is 4×4 with stride 2."""
    channels, height, width = before
    weight, outputs, side = module.weight, module.out_channels, module.kernel_size[0]
    if (height, width) == (1, 1) and module.padding == (0, 0):
        bias = np.repeat(bias_of(module, outputs), side * side)
        return Layer("linear", np.ascontiguousarray(numbers(weight).reshape(channels, -1).T), bias, before,
                     (outputs, side, side))
    if (side, module.stride[0], module.padding[0]) != (4, 2, 1):
        raise UnknownLayer(in_words(module))
    return Layer("transposed", numbers(weight), bias_of(module, outputs), before, (outputs, 2 * height, 2 * width))


def is_plain(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    """Return whether a convolution has square kernels, equal strides and paddings, one group and no dilation."""
    square = all(len(set(pair)) == 1 for pair in (module.kernel_size, module.stride, module.padding))
    return square and module.groups == 1 and module.dilation == (1, 1) and not isinstance(module.padding, str)


def numbers(tensor: torch.Tensor) -> np.ndarray:
    """Return a parameter as float32 numpy."""
    return np.ascontiguousarray(tensor.detach().cpu().float().numpy())


def bias_of(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, outputs: int) -> np.ndarray:
    """Return a module's bias, or zeros."""
    return np.zeros(outputs, np.float32) if module.bias is None else numbers(module.bias)


def in_words(module: nn.Module) -> str:
    """Return a module with its options, as torch prints it, on one line."""
    return " ".join(str(module).split())[:120]
