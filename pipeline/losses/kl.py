"""The KL term and what it says about the latent space."""

import torch


def kl_per_dimension(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Eq. 2: D_KL(N(mu, exp(logvar)) || N(0, 1)) in nats, per image and dimension. N×D, N×D → N×D, float32."""
    mu, logvar = mu.float(), logvar.float()
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def active_units(mu: torch.Tensor, threshold: float = 0.01) -> int:
    """How many dimensions' posterior means vary over the data: Var_x(mu_d) > threshold (Burda et al. 2016). mu: N×D."""
    return int((mu.float().var(dim=0) > threshold).sum())
