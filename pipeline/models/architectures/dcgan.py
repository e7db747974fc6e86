"""The generator of Radford et al. 2016, "DCGAN". The network that scores its images is `models.critic`.

Widths as in the authors' public code, which the first paper used.
"""

import torch
from torch import nn

from pipeline.models.initialize import initialize
from pipeline.models.interface import Model


class DCGAN(Model):
    """The generator: z → image, without an encoder.

    A transposed convolution to 4×4 (at 64 pixels), then 4 × (transposed conv 4×4 stride 2). Batch norm and ReLU follow
    each but the last, tanh the last.

    Args:
        latent_dim: Number of latent dimensions.
        image_size: Side S of the images, in pixels.
        channels: Channels of the layers, from the image inwards.
    """

    def __init__(self, latent_dim: int = 100, image_size: int = 64, channels: tuple[int, ...] = (64, 128, 256, 512)):
        super().__init__()
        self.latent_dim, self.image_size = latent_dim, image_size
        widths = channels[::-1]
        side = image_size // 2 ** len(channels)
        layers: list[nn.Module] = [nn.Unflatten(1, (latent_dim, 1, 1)),
                                   nn.ConvTranspose2d(latent_dim, widths[0], side, bias=False)]
        for before, after in zip(widths, (*widths[1:], 3), strict=True):
            layers += [nn.BatchNorm2d(before), nn.ReLU(),
                       nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=after == 3)]
        self.decoder = nn.Sequential(*layers, nn.Tanh())
        self.apply(initialize)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Decode z, N×latent_dim, into images N×3×S×S in -1 … 1."""
        return self.decoder(z)

    forward = decode
