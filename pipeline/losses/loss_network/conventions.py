"""In which convention a file holds the Oxford network: that of torchvision, or that of Caffe.

Simonyan and Zisserman published VGG-19 for pixels in 0 … 255, channels in the order BGR, minus the mean (103.939,
116.779, 123.68). Files in torchvision's layout of names hold it so (`jcjohnson/pytorch-vgg`), or converted for pixels
in 0 … 1, RGB, normalised with ImageNet's mean m and deviation s. The names do not tell which. The first layer does.
With u for Caffe's weights and b for its biases, torchvision's are, for each channel c of RGB,

    W[:, c] = u[:, 2 - c] · 255 · s[c]        B = b + Σ u[:, 2 - c] · (255 · m[c] - mean[2 - c])

with the sum over channels and places. Inside the image both give the same activations. In its outermost pixels they
differ by a fraction of a grey level: Caffe pads with its mean, torchvision with its own.

torchvision's own VGG-19 was trained anew and is another network. It is not recognised, and stays as it is.
"""

from itertools import permutations

import torch

from pipeline.models.state_dict import WeightsFile
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD

CAFFE = "Caffe's convention (BGR, 0 to 255 minus the mean)"
CAFFE_MEAN = (123.68, 116.779, 103.939)  # red, green, blue

# How the Oxford network's first layer is recognised. Mean cosine, over its 64 filters, between the weights of red and
# green, green and blue, red and blue. No scale of a filter or of a channel changes them.
OXFORD_COSINES = (0.4926, 0.6205, 0.5550)
# Norms of all weights of red, green and blue, for pixels in 0 … 255.
OXFORD_NORMS = (4.5806, 5.0762, 4.0679)
COSINE_TOLERANCE = 0.003  # rounding to float16 changes them by 0.00002; other networks have all three only by chance
SCALE_TOLERANCE = 0.006   # ImageNet's deviations differ by 0.009 and more between channels
LARGEST_BIASES = 30.0     # norm of the biases: 4 to 8 where a mean is subtracted from the pixels, 620 where none is
PIXEL_RANGES = {1.0: "in 0 … 255", 127.5: "in -1 … 1", 255.0: "in 0 … 1"}  # by the factor on weights for 0 … 255


def to_torchvision(weights: dict[str, torch.Tensor], file: WeightsFile) -> tuple[dict[str, torch.Tensor], str]:
    """Return weights in torchvision's convention, and from which they were converted.

    Args:
        weights: VGG-19's parameters by torchvision's names, float32, at least those of the first layer.
        file: Where they come from.

    Returns:
        The weights, and CAFFE if they were converted. If they are not the Oxford network, or already in torchvision's
        convention, they are returned unchanged, with "".

    Raises:
        InputError: The first layer's weights are all 0, or they are the Oxford network in a third convention.
    """
    weight, bias = weights["features.0.weight"].double(), weights["features.0.bias"].double()
    if not weight.any():
        raise file.error("holds no trained weights: features.0.weight is 0 everywhere")
    order = oxford_order(weight)
    if not order:
        return weights, ""
    to_rgb = [order.index(channel) for channel in "RGB"]
    scales = weight[:, to_rgb].square().sum((0, 2, 3)).sqrt() / torch.tensor(OXFORD_NORMS).double()
    centred = bool(bias.norm() < LARGEST_BIASES)
    if centred and order == "RGB" and is_close(scales, 255 * torch.tensor(IMAGENET_STD)):
        return weights, ""
    if centred and order == "BGR" and is_close(scales, torch.ones(3)):
        converted = from_caffe(weight, bias)
        return weights | dict(zip(("features.0.weight", "features.0.bias"), converted, strict=True)), CAFFE
    pixels = next((words for factor, words in PIXEL_RANGES.items() if is_close(scales, torch.full((3,), factor))),
                  "in 0 … 1 over ImageNet's deviation" if is_close(scales, 255 * torch.tensor(IMAGENET_STD)) else
                  "of another scale")
    mean = "" if centred else ", and no mean is subtracted from them"
    raise file.error(f"holds the Oxford VGG-19 for pixels {pixels} in the order {order}{mean}, which is neither "
                     f"torchvision's convention nor {CAFFE}", "give it in one of these")


def from_caffe(weight: torch.Tensor, bias: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Convert the first layer from Caffe's convention, by the equations above.

    Args:
        weight: Float64, 64×3×3×3, channels BGR.
        bias: Float64, 64.

    Returns:
        Weight and bias for torchvision's normalised pixels, float32.
    """
    u = weight.flip(1)
    mean, std, caffe = (torch.tensor(values).double() for values in (IMAGENET_MEAN, IMAGENET_STD, CAFFE_MEAN))
    shift = (u.sum((2, 3)) * (255 * mean - caffe)).sum(1)
    return (u * (255 * std).view(1, 3, 1, 1)).float(), (bias + shift).float()


def oxford_order(weight: torch.Tensor) -> str:
    """Return the order of the input channels, such as "BGR"; "" unless it is the Oxford network's first layer.

    weight: float64, 64×3×3×3.
    """
    cosines = channel_cosines(weight)
    for order in permutations("RGB"):
        r, g, b = (order.index(channel) for channel in "RGB")
        given = torch.stack([cosines[r, g], cosines[g, b], cosines[r, b]])
        if bool(((given - torch.tensor(OXFORD_COSINES).double()).abs() < COSINE_TOLERANCE).all()):
            return "".join(order)
    return ""


def channel_cosines(weight: torch.Tensor) -> torch.Tensor:
    """Return the mean over filters of the cosines between their channels, 3×3. weight: N×3×k×k."""
    directions = torch.nn.functional.normalize(weight.flatten(2), dim=2)
    return (directions @ directions.transpose(1, 2)).mean(0)


def is_close(scales: torch.Tensor, expected: torch.Tensor) -> bool:
    """Return whether the scales of the three channels are those that a convention has."""
    return bool(((scales / expected - 1).abs() < SCALE_TOLERANCE).all())
