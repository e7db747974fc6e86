"""Total variation (Rudin, Osher & Fatemi 1992), anisotropic: a further term that holds noise down."""

import torch
from torch import nn


class TotalVariation(nn.Module):
    """Mean absolute difference of neighbouring pixels of the reconstruction, over rows plus over columns."""

    def forward(self, reconstruction: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        x = reconstruction.float()
        return x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()
