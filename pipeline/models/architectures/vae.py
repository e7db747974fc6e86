"""The VAE of Hou et al. 2016, section 3.1 and Figure 2; where the text is silent, the authors' code.

It differs from the authors' code in two things. The decoder has no ReLU behind its linear layer: with it, samples and
reconstructions of real faces came out worse (docs/decisions.md). And convolutions before batch norm have no bias. Batch
norm takes a bias out again, so its gradient is only rounding noise, which Adam would amplify: validation scores would
then differ by percents whenever sums are taken in another order.
"""

import torch
from torch import nn

from pipeline.models.initialize import initialize
from pipeline.models.interface import Model
from pipeline.models.upsampled_convolution import convolve_upsampled

CHANNELS = (32, 64, 128, 256)  # of the encoder, which turns 64×64 pixels into 256×4×4
LEAK = 0.2


class Encoder(nn.Sequential):
    """Images N×3×S×S in -1 … 1 → features N×(256·(S/16)²): 4 × (conv 4×4 stride 2, batch norm, LeakyReLU)."""

    def __init__(self, channels: tuple[int, ...] = CHANNELS):
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels), channels, strict=False):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(after),
                       nn.LeakyReLU(LEAK)]
        super().__init__(*layers, nn.Flatten())


class Decoder(nn.Sequential):
    """z N×latent_dim → images N×3×S×S, about -1 … 1 but not bounded (no output activation, as in the authors' code).

    Linear to 256×(S/16)², without a ReLU behind it, then 4 × (nearest upsampling ×2, replication padding, conv 3×3).
    Batch norm and LeakyReLU follow each but the last.
    """

    def __init__(self, latent_dim: int = 100, image_size: int = 64, channels: tuple[int, ...] = CHANNELS):
        widths = channels[::-1]
        side = image_size // 2 ** len(channels)
        layers: list[nn.Module] = [nn.Linear(latent_dim, widths[0] * side**2),
                                   nn.Unflatten(1, (widths[0], side, side))]
        for before, after in zip(widths, (*widths[1:], 3), strict=True):
            layers += [nn.UpsamplingNearest2d(scale_factor=2),
                       nn.Conv2d(before, after, 3, padding=1, padding_mode="replicate", bias=after == 3),
                       nn.BatchNorm2d(after, eps=1e-3), nn.LeakyReLU(LEAK)]
        super().__init__(*layers[:-2])

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Decode z, N×latent_dim. Under autocast the last convolution is still float32."""
        *layers, last = self
        assert isinstance(last, nn.Conv2d)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                z = convolve_upsampled(z, layer)
            elif not isinstance(layer, nn.UpsamplingNearest2d):  # the convolution behind it does its work
                z = layer(z)
        if not torch.is_autocast_enabled(z.device.type):
            return convolve_upsampled(z, last)
        with torch.autocast(z.device.type, enabled=False):  # bfloat16 would lose half a grey level
            return convolve_upsampled(z.float(), last)


class VAE(Model):
    """An encoder, q(z|x) = N(mu, diag(exp(logvar))), and a decoder.

    Args:
        latent_dim: Number of latent dimensions.
        image_size: Side S of the images, in pixels.
        channels: Channels of the encoder's convolutions, from the image inwards; the decoder has them in reverse.
    """

    def __init__(self, latent_dim: int = 100, image_size: int = 64, channels: tuple[int, ...] = CHANNELS):
        super().__init__()
        self.latent_dim, self.image_size = latent_dim, image_size
        width = channels[-1] * (image_size // 2 ** len(channels)) ** 2
        self.encoder = Encoder(channels)
        self.mu = nn.Linear(width, latent_dim)
        self.logvar = nn.Linear(width, latent_dim)
        self.decoder = Decoder(latent_dim, image_size, channels)
        self.apply(initialize)

    def encode(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode images, N×3×S×S in -1 … 1, as mu and logvar, each N×latent_dim."""
        features = self.encoder(images)
        return self.mu(features), self.logvar(features)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Decode z, N×latent_dim, into images N×3×S×S, about -1 … 1, not clipped."""
        return self.decoder(z)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Reconstruct images, N×3×S×S in -1 … 1, from their posterior means."""
        return self.decode(self.encode(images)[0])
