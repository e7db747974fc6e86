"""The discriminator of a generative adversarial network."""

import torch
from torch import nn
from torch.nn.functional import softplus

from pipeline.models.critic import Critic


class GAN(nn.Module):
    """Goodfellow et al. 2014, with the non-saturating loss of the generator: the adversary of DCGAN."""

    def __init__(self, image_size: int, channels: tuple[int, ...], weight: float):
        super().__init__()
        self.network, self.weight = Critic(image_size, channels, batch_norm=True), weight

    def own_loss(self, real: torch.Tensor, judged: list[torch.Tensor], epsilon: torch.Tensor
                 ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """-E log D(x) - E log(1 - D(G(z))), with D the sigmoid of the network."""
        on_real = self.network(real).float()
        on_judged = torch.cat([self.network(images).float() for images in judged])
        loss = softplus(-on_real).mean() + softplus(on_judged).mean()
        return loss, {"discriminator": loss, "real_score": on_real.sigmoid().mean(),
                      "fake_score": on_judged.sigmoid().mean()}

    def models_loss(self, judged: list[torch.Tensor]) -> torch.Tensor:
        """-E log D(G(z)), averaged over the batches."""
        return sum(softplus(-self.network(images).float()).mean() for images in judged) / len(judged)

    def after_update(self) -> None:
        """Nothing is held to bounds."""
