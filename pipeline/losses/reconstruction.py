"""L_rec: what separates a plain VAE from a deep feature consistent one.

Each is a module called with (reconstruction, image), both N×3×H×W in -1 … 1, that returns the named terms of L_rec,
each a float32 scalar averaged over the batch.
"""

import torch
from torch import nn

from pipeline.models.vgg19 import VGG19Prefix


class PixelLoss(nn.Module):
    """Eq. 1 for p(x|z) = N(x̄, sigma²·I), pixels in -1 … 1: Σ (x - x̄)² / (2·sigma²), in nats up to a constant."""

    def __init__(self, sigma: float):
        super().__init__()
        self.weight = 1 / (2 * sigma**2)

    def forward(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"pixel": self.weight * (reconstruction.float() - image).square().sum() / len(image)}


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
