"""The two networks of Radford et al. 2016, "DCGAN": a generator, and the network that judges images.

Widths as in the authors' public code, which the first paper used.
"""

import torch
from torch import nn

from pipeline.models.vae import LEAK, initialize


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


class Critic(nn.Sequential):
    """Images N×3×S×S in -1 … 1 → one number each, N: 4 × (conv 4×4 stride 2, LeakyReLU), then a linear layer.

    `batch_norm`: after all convolutions but the first, as in DCGAN's discriminator. A critic with a gradient penalty
    has none: the penalty is on each image's own gradient, and batch norm would mix them (Gulrajani et al. 2017).
    """

    def __init__(self, image_size: int, channels: tuple[int, ...], batch_norm: bool):
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels), channels):
            layers.append(nn.Conv2d(before, after, 4, stride=2, padding=1, bias=not batch_norm or before == 3))
            if batch_norm and before != 3:
                layers.append(nn.BatchNorm2d(after))
            layers.append(nn.LeakyReLU(LEAK))
        side = image_size // 2 ** len(channels)
        super().__init__(*layers, nn.Flatten(), nn.Linear(channels[-1] * side**2, 1), nn.Flatten(0))
        self.apply(initialize)
