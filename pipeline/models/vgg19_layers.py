"""The names and shapes of VGG-19's layers, for checking parameters without loading torch.

Layers are named as in the paper: relu<block>_<conv>, for instance relu3_1 = `features.11` in torchvision's layout
(conv 3_1 is `features.10`).
"""

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels, convolutions


def _layers() -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """relu name → index in torchvision's `features`; and relu name → (input, output) channels of its convolution."""
    index, before, relus, channels = 0, 3, {}, {}
    for block, (width, convolutions) in enumerate(BLOCKS, 1):
        for conv in range(1, convolutions + 1):
            name = f"relu{block}_{conv}"
            relus[name], channels[name] = index + 1, (before, width)
            before, index = width, index + 2
        index += 1  # max pooling
    return relus, channels


RELU_INDEX, CONV_CHANNELS = _layers()
LAYERS: tuple[str, ...] = tuple(RELU_INDEX)


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
