"""What the loss network is taught to tell, and the heads that read it from its layers. The heads are thrown away.

No target is a label. Landmarks and the small thumbnail, from the deepest layer, teach it where the parts of a face are,
and their colours; the larger thumbnail teaches relu3_1 colours at their places; and the noise, from relu1_1 and
relu2_1, makes these see fine patterns that do not belong to a face, such as hatching.
"""

import torch
from torch import nn
from torch.nn import functional

from pipeline.losses.teaching.augmentation import Examples
from pipeline.losses.teaching.recipe import LAST, NOISE_CHANNELS, THUMBNAIL, UNITS, WEIGHTS
from pipeline.models.vgg19_layers import conv_channels

LANDMARKS = (5, 2)
Terms = dict[str, torch.Tensor]  # by the names of UNITS


class Heads(nn.Module):
    """Linear functions from activations to targets.

    Args:
        width: A factor on VGG-19's channels.
        size: S of the images, a multiple of 16.
    """

    def __init__(self, width: float, size: int):
        super().__init__()
        channels = {layer: after for layer, (_, after) in conv_channels(width).items()}
        places = (size // 16) ** 2
        self.face = nn.Linear(channels[LAST] * places, 10 + 3 * THUMBNAIL**2)
        self.thumbnail = nn.Conv2d(channels["relu3_1"], 3, 1)
        self.noise_1 = nn.Conv2d(channels["relu1_1"], NOISE_CHANNELS, 1)
        self.noise_2 = nn.Conv2d(channels["relu2_1"], 4 * NOISE_CHANNELS, 1)  # four pixels at each place

    def forward(self, activations: dict[str, torch.Tensor]) -> Terms:
        """Return what is told of N images, in units of UNITS: N×5×2, and N×C×H×W for the rest."""
        face = self.face(activations[LAST].flatten(1))
        return {"landmarks": face[:, :10].unflatten(1, LANDMARKS),
                "thumbnail_8": face[:, 10:].unflatten(1, (3, THUMBNAIL, THUMBNAIL)),
                "thumbnail_16": self.thumbnail(activations["relu3_1"]),
                "noise_1": self.noise_1(activations["relu1_1"]),
                "noise_2": functional.pixel_shuffle(self.noise_2(activations["relu2_1"]), 2)}


def wanted(examples: Examples) -> Terms:
    """Return what should be told, in the units and shapes of `Heads`."""
    quarter = functional.avg_pool2d(examples.picture, 4)  # as large as relu3_1
    wanted_of = {"landmarks": examples.landmarks, "thumbnail_16": quarter,
                 "thumbnail_8": functional.adaptive_avg_pool2d(quarter, THUMBNAIL),
                 "noise_1": examples.noise, "noise_2": examples.noise}
    return {name: wanted_of[name] / unit for name, unit in UNITS.items()}


def errors(told: Terms, examples: Examples) -> Terms:
    """Return the mean square error of each target, in units of UNITS."""
    return {name: functional.mse_loss(told[name].float(), target) for name, target in wanted(examples).items()}


def total(terms: Terms) -> torch.Tensor:
    """Return the loss: the sum of the errors by their WEIGHTS."""
    return torch.stack([WEIGHTS[name] * value for name, value in terms.items()]).sum()


def told_landmarks(told: Terms) -> torch.Tensor:
    """Return where landmarks are told to be, float32 N×5×2, -1 … 1 from edge to edge."""
    return told["landmarks"].float() * UNITS["landmarks"]


def distance(told: torch.Tensor, landmarks: torch.Tensor, size: int) -> torch.Tensor:
    """Return how far landmarks are off on average, in pixels.

    Args:
        told: Float32 N×5×2 or 5×2, -1 … 1 from edge to edge.
        landmarks: Float32 N×5×2, the same.
        size: S of the images in pixels.
    """
    return (told - landmarks).norm(dim=2).mean() * (size / 2)
