"""Is the posterior healthy? What each latent dimension carries, and whether all posteriors together fill the prior.

A collapsed posterior carries nothing. The opposite is an aggregate posterior q(z) = E_x q(z|x) far from the prior
p(z) = N(0, I): then the decoder never saw what the prior draws, and its samples are noise.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.errors import InputError
from pipeline.evaluation.two_sample import mmd_test
from pipeline.latent_space import random_streams
from pipeline.latent_space.latents import Latents
from pipeline.latent_space.sampling import sample_posteriors
from pipeline.vocabulary import counted

LEVEL = 0.05  # of all tests of the dimensions together
TESTED_IMAGES = 1000  # at most so many for the test in all dimensions: its time grows with their square
FEWEST = 2  # images


class PosteriorHealth(NamedTuple):
    """The state of the posteriors of N images in D latent dimensions."""

    dimensions: pd.DataFrame
    numbers: dict[str, float | int]


def judged_by(latents: Latents) -> str:
    """Return the split by whose images the posterior is judged: valid, or train where valid has fewer than `FEWEST`."""
    return "valid" if (latents.splits == "valid").sum() >= FEWEST else "train"


def posterior_health(mu: np.ndarray, logvar: np.ndarray, seed: int, split: str = "valid") -> PosteriorHealth:
    """Measure KL and active units, and test the aggregate posterior against N(0, I).

    The tests take one z ~ q(z|x) per image, so that their points are independent draws from q(z). Their p values depend
    on the number of images: with many, the slightest difference is rejected. `ks` and `mmd_squared` do not: they
    estimate how large the difference is.

    Args:
        mu: float32 N×D, posterior means of images, N ≥ 2; finite, as `read_latents` takes care.
        logvar: float32 N×D, log variances of the same images.
        seed: of z, of the draws from the prior, and of the permutations.
        split: of these images, for the name of their number; see `judged_by`.

    Returns:
        `dimensions`, one row per latent dimension; NaN for what is too large to compute:
          dimension         0 … D-1
          kl                KL of q(z|x) from the prior, nats, mean over images (eq. 2)
          mean_variance     mean variance of q(z|x): 1 where the dimension carries nothing
          variance_of_mean  variance of the posterior mean over images; above 0.01 the unit is active (Burda 2016)
          mean              mean of z over q(z), 0 in the prior
          deviation         standard deviation of z over q(z), 1 in the prior
          ks                Kolmogorov-Smirnov distance of z from N(0, 1), 0 … 1
          p                 its p value
          rejected          whether it is rejected at 5 % for all dimensions together (Holm 1979)
        `numbers`: kl (sum), active_units, ks_mean, ks_max, dimensions_rejected, mmd_squared and mmd_p of `mmd_test`
        over all dimensions, and N by the name of the split: valid_images or train_images. A number is not finite where
        posteriors are so wide that it overflows.

    Raises:
        InputError: there are fewer than two images.
    """
    import torch
    from scipy.stats import kstest

    from pipeline.losses.kl import active_units, kl_per_dimension

    if len(mu) < FEWEST:
        raise InputError(f"the posterior cannot be judged from {counted(len(mu), 'image')}; give the training or the "
                         "validation split more images")
    of_means, of_variances = torch.from_numpy(mu.copy()), torch.from_numpy(logvar.copy())
    kl = kl_per_dimension(of_means, of_variances).numpy().mean(axis=0, dtype=np.float64)
    with np.errstate(over="ignore"):
        z, variances = sample_posteriors(mu, logvar, seed).astype(np.float64), np.exp(logvar.astype(np.float64))
    tests = [kstest(column, "norm") for column in z.T]
    ks, p = (np.array([test[i] for test in tests]) for i in range(2))
    mean_variance = variances.mean(axis=0)
    variance_of_mean = mu.var(axis=0, ddof=1, dtype=np.float64)
    rejected = holm(p)
    rows = pd.DataFrame({
        "dimension": np.arange(len(kl)), "kl": kl, "mean_variance": mean_variance, "variance_of_mean": variance_of_mean,
        "mean": mu.mean(axis=0, dtype=np.float64), "deviation": np.sqrt(mean_variance + variance_of_mean),
        "ks": ks, "p": p, "rejected": rejected})
    return PosteriorHealth(rows.replace([np.inf, -np.inf], np.nan), {
        "kl": float(kl.sum()), "active_units": active_units(of_means), "ks_mean": float(ks.mean()),
        "ks_max": float(ks.max()), "dimensions_rejected": int(rejected.sum()), **distance_from_prior(z, seed),
        f"{split}_images": len(mu)})


def distance_from_prior(z: np.ndarray, seed: int) -> dict[str, Any]:
    """Return mmd_squared and mmd_p: `mmd_test` of as many draws from N(0, I) against z, float64 N×D.

    Both are NaN where z is not finite.
    """
    if not np.isfinite(z).all():
        return {"mmd_squared": float("nan"), "mmd_p": float("nan")}
    random = np.random.default_rng([seed, random_streams.PRIOR_AND_PERMUTATIONS])
    if len(z) > TESTED_IMAGES:
        z = z[np.sort(random.choice(len(z), TESTED_IMAGES, replace=False))]
    found = mmd_test(z, random.standard_normal(z.shape), random)
    return {"mmd_squared": found.mmd_squared, "mmd_p": found.p}


def holm(p: np.ndarray) -> np.ndarray:
    """Return bool D: which hypotheses fall, with a chance of at most LEVEL that one true one does (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    holds = p[order] > LEVEL / np.arange(len(p), 0, -1)
    rejected = np.zeros(len(p), dtype=bool)
    rejected[order[:np.argmax(holds) if holds.any() else len(p)]] = True
    return rejected
