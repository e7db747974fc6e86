"""What a VAE is trained to minimise: eq. 3 for the plain one, eq. 5 for the deep feature consistent one."""

import torch
from torch import nn

from pipeline.losses.kl import kl_per_dimension
from pipeline.models.vae import VAE


class VAEObjective(nn.Module):
    """kl_weight · KL + rec_weight · L_rec, averaged over the batch.

    `forward`: images N×3×S×S in -1 … 1 and noise N×latent_dim from N(0, I) → the loss to minimise (float32 scalar),
    and its terms by name, unweighted and detached: `kl` in nats, then those of `reconstruction`, then the weighted
    sum, `loss`.
    """

    def __init__(self, vae: VAE, reconstruction: nn.Module, kl_weight: float, rec_weight: float, bf16: bool):
        super().__init__()
        self.vae, self.reconstruction = vae, reconstruction
        self.kl_weight, self.rec_weight, self.bf16 = kl_weight, rec_weight, bf16

    def forward(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.bf16):
            mu, logvar = (head.float() for head in self.vae.encode(images))
            z = mu + noise * (logvar / 2).exp()
            decoded = self.vae.decode(z)
        kl = kl_per_dimension(mu, logvar).sum(dim=1).mean()
        rec = self.reconstruction(decoded, images)
        loss = self.kl_weight * kl + self.rec_weight * sum(rec.values())
        return loss, {name: term.detach() for name, term in {"kl": kl, **rec, "loss": loss}.items()}
