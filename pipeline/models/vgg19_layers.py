"""The shapes of VGG-19's layers, without torch.

relu3_1 is `features.11` in torchvision's layout, and its convolution `features.10`.

A network of another width has the same layers, with `width` times as many channels in each block.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.vocabulary import LAYERS

FIRST = "features.0.weight"  # its filters tell the width
WIDTHS = (64, 128, 256, 512, 512)  # channels of each block, where the width is 1


def _relu_index() -> dict[str, int]:
    """Return the index of each ReLU in torchvision's `features`, by its name."""
    relus: dict[str, int] = {}
    index = 0
    for name in LAYERS:
        block, convolution = map(int, name.removeprefix("relu").split("_"))
        if block > 1 and convolution == 1:
            index += 1  # max pooling
        relus[name], index = index + 1, index + 2
    return relus


RELU_INDEX = _relu_index()


def filters(width: float) -> int | None:
    """Return the filters of the first convolution, or None where `width` gives no whole number of them, at least 1.

    The channels of all other blocks are multiples of theirs.
    """
    count = WIDTHS[0] * width
    return int(count) if count >= 1 and count == int(count) else None


def width_of(weights: Mapping[str, Any]) -> float:
    """Return the width of a network. weights: its parameters by torchvision's names, at least the first."""
    return float(weights[FIRST].shape[0] / WIDTHS[0])


def conv_channels(width: float = 1.0) -> dict[str, tuple[int, int]]:
    """Return the channels of each convolution (input, output), by the name of its ReLU.

    Args:
        width: A factor on VGG-19's channels.

    Raises:
        ValueError: The width gives no whole number of channels.
    """
    if filters(width) is None:
        raise ValueError(f"a width of {width:g} gives no whole number of channels")
    channels: dict[str, tuple[int, int]] = {}
    before = 3
    for name in LAYERS:
        after = int(WIDTHS[int(name.removeprefix("relu")[0]) - 1] * width)
        channels[name] = before, after
        before = after
    return channels


def deepest(layers: Sequence[str]) -> str:
    """Return the last of `layers` in the network's own order."""
    return max(layers, key=LAYERS.index)


def parameter_shapes(last: str, width: float = 1.0) -> dict[str, tuple[int, ...]]:
    """Return the shapes, by torchvision's names, of the parameters that the network up to the layer `last` needs.

    width: a factor on VGG-19's channels.
    """
    channels = conv_channels(width)
    shapes: dict[str, tuple[int, ...]] = {}
    for name in LAYERS[: LAYERS.index(last) + 1]:
        conv, (before, after) = RELU_INDEX[name] - 1, channels[name]
        shapes[f"features.{conv}.weight"] = (after, before, 3, 3)
        shapes[f"features.{conv}.bias"] = (after,)
    return shapes
