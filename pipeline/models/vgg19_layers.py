"""The shapes of VGG-19's layers, without torch.

relu3_1 is `features.11` in torchvision's layout, and its convolution `features.10`.
"""

from collections.abc import Sequence

from pipeline.vocabulary import LAYERS

WIDTHS = (64, 128, 256, 512, 512)  # channels of each block


def _layers() -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Return the index of each ReLU in torchvision's `features`, and the channels of its convolution (input, output).

    Both are by the name of the ReLU.
    """
    relus: dict[str, int] = {}
    channels: dict[str, tuple[int, int]] = {}
    index, before = 0, 3
    for name in LAYERS:
        block, convolution = map(int, name.removeprefix("relu").split("_"))
        if block > 1 and convolution == 1:
            index += 1  # max pooling
        width = WIDTHS[block - 1]
        relus[name], channels[name] = index + 1, (before, width)
        before, index = width, index + 2
    return relus, channels


RELU_INDEX, CONV_CHANNELS = _layers()


def deepest(layers: Sequence[str]) -> str:
    """Return the last of `layers` in the network's own order."""
    return max(layers, key=LAYERS.index)


def parameter_shapes(last: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes, by torchvision's names, of the parameters that the network up to the layer `last` needs."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name in LAYERS[: LAYERS.index(last) + 1]:
        conv, (before, after) = RELU_INDEX[name] - 1, CONV_CHANNELS[name]
        shapes[f"features.{conv}.weight"] = (after, before, 3, 3)
        shapes[f"features.{conv}.bias"] = (after,)
    return shapes
