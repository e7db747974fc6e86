"""How close decoded samples come to photographs, by the features of networks and by blur."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.blur import blur
from pipeline.evaluation.feature_scores import Scores, score_features
from pipeline.evaluation.frechet import ImageFeatures
from pipeline.latent_space.sampling import Sampler
from pipeline.vocabulary import counted

# z float32 N×D → images uint8 N×3×S×S.
Decode = Callable[[np.ndarray], np.ndarray]
Progress = Callable[[int], object]
Features = dict[str, np.ndarray]  # network → float32 N×C

BATCH = 100  # images


def no_progress(images: int) -> None:
    """Show no progress."""


def score_sources(decode: Decode, sources: Mapping[str, Sampler], count: int, networks: Mapping[str, ImageFeatures],
                  reference: Mapping[str, np.ndarray], resamples: int = 0, seed: int = 0,
                  progress: Progress = no_progress) -> dict[str, Scores]:
    """Score samples from each source of z against reference photographs.

    Args:
        decode: the trained decoder.
        sources: name → sampler of z.
        count: how many samples to score from each source.
        networks: name of a network, as in `score_names.NAMES` → its features.
        reference: `image_features` of the reference photographs by the same networks.
        resamples: for intervals of distances; 0 for none.
        seed: of the resamples.
        progress: called with the number of images of each batch whose features were computed.

    Returns:
        Name of the source → its scores; see `score_images`.
    """
    return {source: score_images(decoded(decode, draw(count)), networks, reference, resamples, seed, progress)
            for source, draw in sources.items()}


def decoded(decode: Decode, z: np.ndarray) -> np.ndarray:
    """Return the images of z, float32 N×D, as uint8 N×3×S×S, decoding a batch at a time."""
    return np.concatenate([decode(z[start:start + BATCH]) for start in range(0, len(z), BATCH)])


def score_images(images: np.ndarray, networks: Mapping[str, ImageFeatures], reference: Mapping[str, np.ndarray],
                 resamples: int = 0, seed: int = 0, progress: Progress = no_progress) -> Scores:
    """Score images, uint8 N×3×S×S, against reference photographs.

    Returns:
        The scores of `score_features` in the features of each network; `blur`, 0 … 1; `images`, N.
    """
    scores: Scores = {}
    for network, features in image_features(networks, images, progress).items():
        scores |= score_features(network, features, reference[network], resamples, seed)
    return {**scores, "blur": blur(images), "images": len(images)}


def image_features(networks: Mapping[str, ImageFeatures], images: np.ndarray, progress: Progress = no_progress
                   ) -> Features:
    """Return the features of images, uint8 N×3×S×S, by the name of each network.

    Raises:
        InputError: there are fewer than two images.
    """
    if len(images) < 2:
        raise InputError(f"{counted(len(images), 'image')} cannot be scored, since a covariance needs two; compare at "
                         "least two with at least two: sampling.reference names the split, and sampling.images the "
                         "largest number")
    features: dict[str, list[np.ndarray]] = {name: [] for name in networks}
    for start in range(0, len(images), BATCH):
        batch = images[start:start + BATCH]
        for name, network in networks.items():
            features[name].append(network(batch))
        progress(len(batch))
    return {name: np.concatenate(batches) for name, batches in features.items()}
