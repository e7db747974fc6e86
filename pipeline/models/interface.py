"""What the rest of the pipeline asks of a model."""

from collections.abc import Callable

import torch
from torch import nn


class Model(nn.Module):
    """A module that turns latents into images, and images into latents if it has an encoder.

    This class only declares types: an architecture need not inherit from it, but must have what it declares. The
    configuration reads from the architecture whether there is an `encode`; only a model without a reconstruction loss
    may lack it.

    Attributes:
        latent_dim: Number D of latent dimensions.
        image_size: Side S of the images, in pixels.
        decode: Latents N×D → images N×3×S×S, about -1 … 1.
        encode: Images N×3×S×S in -1 … 1 → mean and log variance of q(z|x), each N×D.
        forward: With an encoder, images → their reconstructions from the mean; else the same as `decode`.
    """

    latent_dim: int
    image_size: int
    decode: Callable[[torch.Tensor], torch.Tensor]
    encode: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
