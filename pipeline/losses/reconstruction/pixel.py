"""The loss of a plain VAE."""

from pathlib import Path

import torch
from torch import nn

from pipeline.config.losses import PixelLossConfig


class PixelLoss(nn.Module):
    """Eq. 1 for p(x|z) = N(x̄, sigma²·I), pixels in -1 … 1: Σ (x - x̄)² / (2·sigma²), in nats up to a constant."""

    def __init__(self, sigma: float):
        super().__init__()
        self.weight = 1 / (2 * sigma**2)

    def forward(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the term `pixel`, averaged over the batch."""
        return {"pixel": self.weight * (reconstruction.float() - image).square().sum() / len(image)}


def build(loss: PixelLossConfig, path: Path) -> tuple[PixelLoss, float, float]:
    """Return the loss and the weights of KL and of L_rec in eq. 3. It has no loss network, so `path` is not read."""
    return PixelLoss(loss.pixel_sigma), 1.0, 1.0
