"""The network that scores images: the discriminator of Radford et al. 2016, "DCGAN", and the critic of VAE-WGAN."""

from torch import nn

from pipeline.models.initialize import initialize

LEAK = 0.2


class Critic(nn.Sequential):
    """Images N×3×S×S in -1 … 1 → one number each, N: 4 × (conv 4×4 stride 2, LeakyReLU), then a linear layer.

    Args:
        image_size: Side S of the images, in pixels.
        channels: Channels of the convolutions, from the image inwards.
        batch_norm: Whether batch norm follows all convolutions but the first, as in DCGAN's discriminator. A critic
            with a gradient penalty has none: the penalty is on each image's own gradient, and batch norm would mix
            the images (Gulrajani et al. 2017).
    """

    def __init__(self, image_size: int, channels: tuple[int, ...], batch_norm: bool):
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels), channels, strict=False):
            layers.append(nn.Conv2d(before, after, 4, stride=2, padding=1, bias=not batch_norm or before == 3))
            if batch_norm and before != 3:
                layers.append(nn.BatchNorm2d(after))
            layers.append(nn.LeakyReLU(LEAK))
        side = image_size // 2 ** len(channels)
        super().__init__(*layers, nn.Flatten(), nn.Linear(channels[-1] * side**2, 1), nn.Flatten(0))
        self.apply(initialize)
