"""The shapes of VGG-19's layers, without torch.

relu3_1 is `features.11` in torchvision's layout, and its convolution `features.10`.
"""

from pipeline.vocabulary import LAYERS

WIDTHS = (64, 128, 256, 512, 512)  # channels of each block


def _layers() -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """relu name → index in torchvision's `features`; and relu name → (input, output) channels of its convolution."""
    index, before, relus, channels = 0, 3, {}, {}
    for name in LAYERS:
        block, convolution = map(int, name.removeprefix("relu").split("_"))
        if block > 1 and convolution == 1:
            index += 1  # max pooling
        width = WIDTHS[block - 1]
        relus[name], channels[name] = index + 1, (before, width)
        before, index = width, index + 2
    return relus, channels


RELU_INDEX, CONV_CHANNELS = _layers()


def deepest(layers: list[str] | tuple[str, ...]) -> str:
    """The last of `layers` in the network's own order."""
    return max(layers, key=LAYERS.index)


def parameter_shapes(last: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes, in torchvision's layout, of the parameters that the network up to `last` needs."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name in LAYERS[: LAYERS.index(last) + 1]:
        conv, (before, after) = RELU_INDEX[name] - 1, CONV_CHANNELS[name]
        shapes[f"features.{conv}.weight"] = (after, before, 3, 3)
        shapes[f"features.{conv}.bias"] = (after,)
    return shapes
