"""The discriminator of a generative adversarial network."""

from typing import cast

import torch
from torch.nn.functional import softplus

from pipeline.losses.adversary import Adversary, Terms


class GAN(Adversary):
    """Goodfellow et al. 2014, with the non-saturating loss of the generator: the adversary of DCGAN."""

    def __init__(self, image_size: int, channels: tuple[int, ...], weight: float):
        super().__init__(image_size, channels, weight, batch_norm=True)

    def adversary_loss(self, real: torch.Tensor, fakes: list[torch.Tensor], epsilon: torch.Tensor
                       ) -> tuple[torch.Tensor, Terms]:
        """Return -E log D(x) - E log(1 - D(G(z))), where D is the sigmoid of the network; `epsilon` is not used."""
        on_real = self.network(real).float()
        on_fakes = torch.cat([self.network(images).float() for images in fakes])
        loss = softplus(-on_real).mean() + softplus(on_fakes).mean()
        return loss, {"discriminator": loss, "real_score": on_real.sigmoid().mean(),
                      "fake_score": on_fakes.sigmoid().mean()}

    def model_loss(self, fakes: list[torch.Tensor]) -> torch.Tensor:
        """Return -E log D(G(z)), averaged over the batches."""
        return cast(torch.Tensor, sum(softplus(-self.network(images).float()).mean() for images in fakes) / len(fakes))
