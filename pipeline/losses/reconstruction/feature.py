"""The deep feature consistent loss: distances between hidden features of a frozen network."""

from pathlib import Path

import torch
from torch import nn

from pipeline.config import FeatureLossConfig
from pipeline.losses import loss_network
from pipeline.models.vgg19 import VGG19Prefix


class FeatureLoss(nn.Module):
    """Eq. 4, per layer: squared distance of calibrated activations over 2·C·W·H. Terms are named by their layers.

    `network` gives activations whose RMS over natural images is `measured_rms`; they are rescaled to `reference_rms`,
    so that the weights of eq. 5 mean the same for any loss network. A ReLU network is positively homogeneous: one
    factor per layer does it.
    """

    def __init__(self, network: VGG19Prefix, measured_rms: dict[str, float], reference_rms: dict[str, float]):
        super().__init__()
        self.network = network
        self.factor = {layer: (reference_rms[layer] / measured_rms[layer]) ** 2 for layer in network.layers}

    def forward(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        per_image = self.distances(reconstruction, image)
        return {layer: distance.mean() for layer, distance in per_image.items()}

    def distances(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Eq. 4 for every image: {layer: float32 N}. No gradient flows into `image`."""
        with torch.no_grad():
            targets = self.network(image)
        outputs = self.network(reconstruction)
        return {layer: self.factor[layer] / 2 * mean_square(outputs[layer] - targets[layer]) for layer in outputs}

    def total_distance(self, reconstruction: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Σ_l of eq. 4 for every image: float32 N."""
        return sum(self.distances(reconstruction, image).values())


def mean_square(difference: torch.Tensor) -> torch.Tensor:
    """N×C×H×W of any float type → float32 N, the mean square per image, summed in float32."""
    return difference.float().square().mean(dim=(1, 2, 3))


def feature_loss(path: Path, layers: list[str], reference_rms: dict[str, float]) -> FeatureLoss:
    """Eq. 4 over `layers` of the loss network at `path`, whose weights are float32."""
    network, rms = loss_network.load(path, layers)
    return FeatureLoss(network, rms, reference_rms)


def build(loss: FeatureLossConfig, path: Path) -> tuple[FeatureLoss, float, float]:
    """Eq. 5. kl_images makes it independent of the batch size: KL is summed over that many images where L_rec is
    averaged."""
    return feature_loss(path, loss.layers, loss.reference_rms), loss.alpha * loss.kl_images, loss.beta
