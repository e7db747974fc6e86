"""Samples of z: from the prior N(0, I), or from a mixture of Gaussians fitted to the latents of the training images.

Fitting a mixture is ex-post density estimation (Ghosh et al. 2020, "From Variational to Deterministic Autoencoders").
It helps where the encoder's posteriors together do not fill the prior: the decoder never saw such z in training.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import InputError
from pipeline.files.atomic import replacing
from pipeline.latent_space import random_streams
from pipeline.vocabulary import counted

REG_COVAR = 1e-4  # added to each variance, which is about 1 for a used latent unit: keeps any covariance invertible

# count → z, float32 count×D.
Sampler = Callable[[int], np.ndarray]


class Mixture(NamedTuple):
    """A mixture of K Gaussians in D dimensions."""

    weights: np.ndarray     # float64 K, sum 1
    means: np.ndarray       # float64 K×D
    covariances: np.ndarray  # float64 K×D×D
    note: str = ""          # how it differs from the mixture that was asked for, and why; else ""


def samplers(latent_dim: int, mixture: Mixture | None, seed: int) -> dict[str, Sampler]:
    """Return the sources of z by name: "prior", and "mixture" where there is one."""
    sources: dict[str, Sampler] = {"prior": lambda count: sample_prior(count, latent_dim, seed)}
    if mixture is not None:
        sources["mixture"] = lambda count: sample_mixture(mixture, count, seed)
    return sources


def sample_prior(count: int, latent_dim: int, seed: int) -> np.ndarray:
    """Draw z ~ N(0, I): float32 count×latent_dim. The first rows do not depend on `count`."""
    return np.random.default_rng(seed).standard_normal((count, latent_dim), dtype=np.float32)


def sample_posteriors(mu: np.ndarray, logvar: np.ndarray, seed: int) -> np.ndarray:
    """Draw one z = mu + sigma · eps per image, from `mu` and `logvar` float32 N×D: float32 N×D."""
    eps = np.random.default_rng([seed, random_streams.POSTERIOR_NOISE]).standard_normal(mu.shape, dtype=np.float32)
    return mu + np.exp(logvar / 2) * eps


def sample_mixture(mixture: Mixture, count: int, seed: int) -> np.ndarray:
    """Draw z from a mixture: float32 count×D. The first rows do not depend on `count`."""
    choice, noise = (np.random.default_rng([seed, k]) for k in (random_streams.MIXTURE_COMPONENT,
                                                                random_streams.MIXTURE_NOISE))
    component = np.searchsorted(np.cumsum(mixture.weights), choice.random(count), side="right")
    component = np.minimum(component, len(mixture.weights) - 1)  # rounding may leave the sum of the weights below 1
    z = noise.standard_normal((count, mixture.means.shape[1]))
    for k in np.unique(component):
        rows = component == k
        z[rows] = mixture.means[k] + z[rows] @ np.linalg.cholesky(mixture.covariances[k]).T
    return z.astype(np.float32)


def fit_mixture(mu: np.ndarray, logvar: np.ndarray, components: int = 10, images: int = 20_000,
                seed: int = 0) -> Mixture:
    """Fit a mixture of Gaussians by EM to one posterior sample per training image.

    It is fitted to posterior samples and not to means alone: the decoder was trained on samples, and its images of z
    from such a mixture are nearer to photographs by the Fréchet distance (21.5 against 22.5).

    A component's covariance matrix has full rank only if the component has more than D rows. So there is at most one
    component per 2·(D + 1) images; with fewer than 2·(D + 1) images there is one component with a diagonal covariance.
    The mixture's note says so.

    Args:
        mu: float32 N×D, posterior means of the training images.
        logvar: float32 N×D, log variances of the same images.
        components: the largest number of Gaussians.
        images: the largest number of images to fit to; they are drawn at random from more.
        seed: of all draws, and of EM's start.

    Raises:
        InputError: there are fewer than two images, or posteriors are so wide that draws from them overflow.
    """
    from sklearn.mixture import GaussianMixture  # takes seconds to import

    if len(mu) < 2:
        raise InputError(f"a mixture of Gaussians cannot be fitted to {counted(len(mu), 'training image')}; give more "
                         "images, or leave the mixture out with -S sampling.mixture_components=0")
    if len(mu) > images:
        random = np.random.default_rng([seed, random_streams.MIXTURE_IMAGES])
        chosen = np.sort(random.choice(len(mu), images, replace=False))
        mu, logvar = mu[chosen], logvar[chosen]
    with np.errstate(over="ignore"):
        z = sample_posteriors(mu, logvar, seed).astype(np.float64)
    if not np.isfinite(z).all():
        raise InputError("some posteriors are so wide that draws from them are infinite, so no mixture of Gaussians "
                         "can be fitted; train the variant again, with a lower train.learning_rate, or leave the "
                         "mixture out with -S sampling.mixture_components=0")
    rows, dim = z.shape
    count, kind, note = mixture_size(rows, dim, components)
    fitted = GaussianMixture(count, covariance_type=kind, reg_covar=REG_COVAR, random_state=seed).fit(z)
    covariances = fitted.covariances_ if kind == "full" else np.stack([np.diag(v) for v in fitted.covariances_])
    return Mixture(fitted.weights_, fitted.means_, covariances, note)


def mixture_size(rows: int, dim: int, components: int) -> tuple[int, str, str]:
    """Return how many components `rows` images of `dim` dimensions allow, their kind of covariance, and a note.

    Returns:
        The number of components, "full" or "diag", and "" or how this differs from `components` full covariances.
    """
    enough = 2 * (dim + 1)
    if rows < enough:
        return 1, "diag", (f"the mixture is one Gaussian with a diagonal covariance: {rows:,} training images are too "
                           f"few for a covariance of {dim} dimensions")
    count = min(components, rows // enough)
    if count < components:
        return count, "full", (f"the mixture has {count} instead of {components} components: {rows:,} training images "
                               f"make no more, each of at least {enough}")
    return count, "full", ""


def write_mixture(path: Path, mixture: Mixture) -> None:
    """Write an .npz file of weights, means, covariances and note, atomically."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **mixture._asdict())


def read_mixture(path: Path) -> Mixture:
    """Read what `write_mixture` wrote. Raise InputError where there is no such file."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Mixture(arrays["weights"], arrays["means"], arrays["covariances"], str(arrays["note"]))
    except Exception as error:  # numpy's reader may raise anything on bytes that are something else
        raise InputError(f"{path} is not a mixture of Gaussians as the stage samples writes it "
                         f"({type(error).__name__}); run that stage again") from error
