"""Where z comes from: the prior N(0, I), or a mixture of Gaussians fitted to the latents of the training images.

The second is ex-post density estimation (Ghosh et al. 2020, "From Variational to Deterministic Autoencoders"): where
the encoder's posteriors together do not fill the prior, its samples meet a decoder that never saw such z.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import InputError

REG_COVAR = 1e-4  # added to each variance, which for a used latent unit is about 1: keeps any covariance invertible


class Mixture(NamedTuple):
    """K Gaussians in D dimensions."""

    weights: np.ndarray     # float64 K, sum 1
    means: np.ndarray       # float64 K×D
    covariances: np.ndarray  # float64 K×D×D
    note: str = ""          # in what it differs from what was asked for, and why


def prior(count: int, latent_dim: int, seed: int) -> np.ndarray:
    """z ~ N(0, I): float32 count×latent_dim. The first rows do not depend on `count`."""
    return np.random.default_rng(seed).standard_normal((count, latent_dim), dtype=np.float32)


def posterior_samples(mu: np.ndarray, logvar: np.ndarray, seed: int) -> np.ndarray:
    """One z = mu + sigma · eps for each of N images, from `mu` and `logvar` float32 N×D: float32 N×D."""
    eps = np.random.default_rng([seed, 1]).standard_normal(mu.shape, dtype=np.float32)
    return mu + np.exp(logvar / 2) * eps


def fit_mixture(mu: np.ndarray, logvar: np.ndarray, components: int = 10, images: int = 20_000,
                seed: int = 0) -> Mixture:
    """A mixture of at most `components` Gaussians, fitted by EM to samples of at most `images` images' posteriors.

    `mu`, `logvar`: float32 N×D of the training images. Samples and not means alone: the decoder was trained on samples,
    and what it makes of a mixture of them is nearer to photographs by the Fréchet distance (21.5 against 22.5).

    A covariance matrix is that of its component's rows only if they are more than D. So there is one component per
    2·(D + 1) images at most; with fewer than 2·(D + 1) images, one component with a diagonal covariance. The mixture's
    note says so. Raises InputError with fewer than two images, or where a latent is not finite.
    """
    from sklearn.mixture import GaussianMixture  # takes seconds to import

    if len(mu) < 2:
        raise InputError(f"a mixture of Gaussians cannot be fitted to {len(mu)} training images; give more images, "
                         "or leave the mixture out with -S sampling.mixture_components=0")
    if not (np.isfinite(mu).all() and np.isfinite(logvar).all()):
        raise InputError("the latents of the training images are not all finite, so no mixture of Gaussians can be "
                         "fitted to them; train the variant again, with a lower train.learning_rate")
    if len(mu) > images:
        chosen = np.sort(np.random.default_rng([seed, 2]).choice(len(mu), images, replace=False))
        mu, logvar = mu[chosen], logvar[chosen]
    z = posterior_samples(mu, logvar, seed).astype(np.float64)
    rows, dim = z.shape
    enough = 2 * (dim + 1)
    count, kind, note = min(components, max(1, rows // enough)), "full", ""
    if rows < enough:
        kind = "diag"
        note = (f"the mixture is one Gaussian with a diagonal covariance: {rows:,} training images are too few for a "
                f"covariance of {dim} dimensions")
    elif count < components:
        note = (f"the mixture has {count} instead of {components} components: {rows:,} training images make no more, "
                f"each of at least {enough}")
    fitted = GaussianMixture(count, covariance_type=kind, reg_covar=REG_COVAR, random_state=seed).fit(z)
    covariances = fitted.covariances_ if kind == "full" else np.stack([np.diag(v) for v in fitted.covariances_])
    return Mixture(fitted.weights_, fitted.means_, covariances, note)


def sample(mixture: Mixture, count: int, seed: int) -> np.ndarray:
    """z from the mixture: float32 count×D. The first rows do not depend on `count`."""
    chosen, noise = np.random.default_rng([seed, 3]), np.random.default_rng([seed, 4])
    component = np.searchsorted(np.cumsum(mixture.weights), chosen.random(count), side="right")
    component = np.minimum(component, len(mixture.weights) - 1)  # where rounding leaves the sum below 1
    z = noise.standard_normal((count, mixture.means.shape[1]))
    for k in np.unique(component):
        rows = component == k
        z[rows] = mixture.means[k] + z[rows] @ np.linalg.cholesky(mixture.covariances[k]).T
    return z.astype(np.float32)


def save(path: Path, mixture: Mixture) -> None:
    """Write an .npz file of weights, means, covariances and note, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        np.savez_compressed(file, **mixture._asdict())
    os.replace(temporary, path)


def load(path: Path) -> Mixture:
    """The mixture in a file of `save`. Raises InputError if there is none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Mixture(arrays["weights"], arrays["means"], arrays["covariances"], str(arrays["note"]))
    except Exception as error:  # on bytes that are something else, numpy's reader ends in any error there is
        raise InputError(f"{path} is not a mixture of Gaussians as the stage samples writes it "
                         f"({type(error).__name__}); run that stage again") from error
