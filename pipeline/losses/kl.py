"""The KL term and what it says about the latent space."""

import torch


def kl_per_dimension(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """Return D_KL(N(mu, exp(logvar)) || N(0, 1)) of eq. 2 for each image and dimension.

    Args:
        mu: Means, N×D.
        logvar: Log variances, N×D.

    Returns:
        Nats, float32 N×D.
    """
    mu, logvar = mu.float(), logvar.float()
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def active_units(mu: torch.Tensor, threshold: float = 0.01) -> int:
    """Count the dimensions whose posterior mean varies over the data: Var_x(mu_d) > threshold (Burda et al. 2016).

    Args:
        mu: Posterior means, N×D.
        threshold: The least variance of an active dimension.
    """
    return int((mu.float().var(dim=0) > threshold).sum())
