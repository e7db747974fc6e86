"""The generator of Radford et al. 2016, "DCGAN". The network that judges its images is `models.critic`.

Widths as in the authors' public code, which the first paper used.
"""

import torch
from torch import nn

from pipeline.models.initialize import initialize


class DCGAN(nn.Module):
    """The generator: z → image, without an encoder. Attributes: `latent_dim`, `image_size`.

    A transposed convolution to 4×4 (at 64 pixels), then 4 × (transposed conv 4×4 stride 2), each but the last followed
    by batch norm and ReLU, the last by tanh. `channels` run from the image inwards: 64, 128, 256, 512.
    """

    def __init__(self, latent_dim: int = 100, image_size: int = 64, channels: tuple[int, ...] = (64, 128, 256, 512)):
        super().__init__()
        self.latent_dim, self.image_size = latent_dim, image_size
        widths = channels[::-1]
        side = image_size // 2 ** len(channels)
        layers: list[nn.Module] = [nn.Unflatten(1, (latent_dim, 1, 1)),
                                   nn.ConvTranspose2d(latent_dim, widths[0], side, bias=False)]
        for before, after in zip(widths, (*widths[1:], 3)):
            layers += [nn.BatchNorm2d(before), nn.ReLU(),
                       nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=after == 3)]
        self.decoder = nn.Sequential(*layers, nn.Tanh())
        self.apply(initialize)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """z N×latent_dim → images N×3×S×S in -1 … 1."""
        return self.decoder(z)

    forward = decode
