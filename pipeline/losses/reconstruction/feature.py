"""The deep feature consistent loss: distances between hidden features of a frozen network."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import nn

from pipeline.config.losses import FeatureLossConfig
from pipeline.losses.loss_network.network import load_prefix
from pipeline.models.vgg19 import VGG19Prefix


class FeatureLoss(nn.Module):
    """Eq. 4 for each layer: squared distance of calibrated activations over 2·C·W·H.

    Activations are rescaled from `measured_rms` to `reference_rms`, so that the weights of eq. 5 mean the same for any
    loss network. One factor per layer is enough, since a ReLU network is positively homogeneous.

    Args:
        network: Gives activations by layer.
        measured_rms: RMS of the network's activations over natural images, by layer.
        reference_rms: RMS to which they are rescaled, by layer.
    """

    def __init__(self, network: VGG19Prefix, measured_rms: dict[str, float], reference_rms: dict[str, float]):
        super().__init__()
        self.network = network
        self.factor = {layer: (reference_rms[layer] / measured_rms[layer]) ** 2 for layer in network.layers}

    def forward(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return eq. 4 by layer, averaged over the batch."""
        per_image = self.distances(reconstruction, image)
        return {layer: distance.mean() for layer, distance in per_image.items()}

    def distances(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return eq. 4 for every image: {layer: float32 N}. No gradient flows into `image`."""
        with torch.no_grad():
            targets = self.network(image)
        outputs = self.network(reconstruction)
        return {layer: self.factor[layer] / 2 * mean_square(outputs[layer] - targets[layer]) for layer in outputs}

    def total_distance(self, reconstruction: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Return Σ_l of eq. 4 for every image: float32 N."""
        return cast(torch.Tensor, sum(self.distances(reconstruction, image).values()))


def mean_square(difference: torch.Tensor) -> torch.Tensor:
    """Return the mean square of each image, N×C×H×W of any float type → N, summed in float32."""
    return difference.float().square().mean(dim=(1, 2, 3))


def feature_loss(path: Path, layers: Sequence[str], reference_rms: dict[str, float], parameter: str) -> FeatureLoss:
    """Return eq. 4 over `layers` of a loss network.

    Args:
        path: The file of the loss network; its weights are float32.
        layers: Layers of VGG-19, in any order.
        reference_rms: RMS to which the activations of each layer are rescaled.
        parameter: Dotted path of the parameter that asks for `layers`, for the error.

    Raises:
        InputError: The file does not reach one of the layers.
    """
    network, measured_rms = load_prefix(path, layers, parameter)
    return FeatureLoss(network, measured_rms, reference_rms)


def build(loss: FeatureLossConfig, path: Path) -> tuple[FeatureLoss, float, float]:
    """Return the loss and the weights of KL and of L_rec in eq. 5.

    loss.kl_scale is a factor on KL beside alpha: 1 in the paper's text, half the batch size in effect in the authors'
    code. Both terms are means over images, so the objective does not depend on the batch size.
    """
    return feature_loss(path, loss.layers, loss.reference_rms, "loss.layers"), loss.alpha * loss.kl_scale, loss.beta
