"""VGG-19's convolutional part (Simonyan & Zisserman 2014, configuration E) in torchvision's layout, cut at any layer.

Layers are named as in the paper: relu<block>_<conv>, for instance relu3_1 = `features.11` (conv 3_1 is `features.10`).
"""

import torch
from torch import nn

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

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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


class VGG19Prefix(nn.Module):
    """VGG-19 up to and with the deepest of `layers`, frozen.

    `forward`: images N×3×H×W in -1 … 1 → {layer: activations after the ReLU, N×C×h×w}, for `layers` alone.
    """

    def __init__(self, layers: list[str] | tuple[str, ...]):
        super().__init__()
        self.layers = tuple(sorted(layers, key=LAYERS.index))
        modules: list[nn.Module] = []
        self._name_at: dict[int, str] = {}
        for name in LAYERS[: LAYERS.index(self.layers[-1]) + 1]:
            if name.endswith("_1") and modules:
                modules.append(nn.MaxPool2d(2, 2))
            modules += [nn.Conv2d(*CONV_CHANNELS[name], 3, padding=1), nn.ReLU(inplace=name not in self.layers)]
            if name in self.layers:
                self._name_at[len(modules) - 1] = name
        self.features = nn.Sequential(*modules)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        x = ((images + 1) / 2 - self.mean) / self.std
        activations = {}
        for index, module in enumerate(self.features):
            x = module(x)
            if index in self._name_at:
                activations[self._name_at[index]] = x
        return activations
