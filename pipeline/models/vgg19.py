"""VGG-19's convolutional part (Simonyan & Zisserman 2014, configuration E), cut at any layer."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.functional import conv2d

from pipeline.data.pixels import to_unit
from pipeline.models.vgg19_layers import conv_channels
from pipeline.vocabulary import LAYERS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class VGG19Prefix(nn.Module):
    """VGG-19 up to and including the deepest of `layers`, frozen.

    Args:
        layers: The layers whose activations are wanted, in any order.
        width: A factor on VGG-19's channels.

    Attributes:
        layers: The same in the network's order.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, layers: Sequence[str], width: float = 1.0):
        super().__init__()
        self.layers = tuple(sorted(layers, key=LAYERS.index))
        modules: list[nn.Module] = []
        self._name_at: dict[int, str] = {}
        channels = conv_channels(width)
        for name in LAYERS[: LAYERS.index(self.layers[-1]) + 1]:
            if name.endswith("_1") and modules:
                modules.append(nn.MaxPool2d(2, 2))
            modules += [nn.Conv2d(*channels[name], 3, padding=1), nn.ReLU(inplace=name not in self.layers)]
            if name in self.layers:
                self._name_at[len(modules) - 1] = name
        self.features = nn.Sequential(*modules)
        # ReLUs that run behind the max pooling which follows them, on a quarter of the values: the result is the same.
        self._pooled_first = {index for index, module in enumerate(modules) if isinstance(module, nn.ReLU)
                              and index not in self._name_at and index + 1 < len(modules)
                              and isinstance(modules[index + 1], nn.MaxPool2d)}
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the activations after the ReLU of the wanted layers.

        Args:
            images: N×3×H×W in -1 … 1, of any float type. They are normalised in float32, since bfloat16 would add half
                a grey level of rounding.

        Returns:
            Layer → activations N×C×h×w, in the network's order.
        """
        x = (to_unit(images.float()) - self.mean) / self.std
        late = adds_biases_late(x.device)
        activations = {}
        for index, module in enumerate(self.features):
            if index in self._pooled_first:
                continue
            if late and index + 1 in self._pooled_first:
                assert isinstance(module, nn.Conv2d) and module.bias is not None
                bias, x = module.bias, conv2d(x, module.weight, padding=1)
                continue
            x = module(x)
            if index - 1 in self._pooled_first:
                x = torch.relu_(x + bias.to(x.dtype)[:, None, None] if late else x)
            if index in self._name_at:
                activations[self._name_at[index]] = x
        return activations


def adds_biases_late(device: torch.device) -> bool:
    """Tell whether convolutions that a max pooling follows add their biases behind it, on a quarter of the values.

    The result is the same. On a GPU a convolution adds its bias in a kernel of its own; on a CPU that costs nothing.
    """
    return device.type == "cuda"
