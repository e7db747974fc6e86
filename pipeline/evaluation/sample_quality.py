"""How close decoded samples come to photographs: Fréchet distance and blur."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.blur import blur
from pipeline.evaluation.frechet import ImageFeatures, Moments, frechet_distance, moments
from pipeline.latent_space.sampling import Sampler

# z float32 N×D → images uint8 N×3×S×S.
Decode = Callable[[np.ndarray], np.ndarray]
Progress = Callable[[int], object]

BATCH = 100  # images


def no_progress(images: int) -> None:
    """Show no progress."""


def score_sources(decode: Decode, sources: Mapping[str, Sampler], count: int, networks: Mapping[str, ImageFeatures],
                  test: np.ndarray, progress: Progress = no_progress) -> dict[str, dict[str, float | int]]:
    """Score samples from each source of z against test images.

    Args:
        decode: the trained decoder.
        sources: name → sampler of z.
        count: how many samples to score from each source.
        networks: name of a Fréchet distance → the features it is computed from.
        test: uint8 N×3×S×S, the test images.
        progress: called with the number of images of each batch whose features were computed.

    Returns:
        Name of the source → its scores (see `sample_quality`); and under "test_images" the `blur` and the number
        (`images`) of the test images.
    """
    reference = image_moments(networks, test, progress)
    scores = {source: sample_quality(decode, draw(count), networks, reference, progress)
              for source, draw in sources.items()}
    return {**scores, "test_images": {"blur": blur(test), "images": len(test)}}


def sample_quality(decode: Decode, z: np.ndarray, networks: Mapping[str, ImageFeatures], test: Mapping[str, Moments],
                   progress: Progress = no_progress) -> dict[str, float | int]:
    """Score the images that `z` decodes to.

    Args:
        decode: the trained decoder.
        z: float32 N×D.
        networks: name of a Fréchet distance → the features it is computed from.
        test: `image_moments` of the test images by the same networks.
        progress: called with the number of images of each batch whose features were computed.

    Returns:
        The Fréchet distance to the test images under the name of each network; `blur`, 0 … 1; `images`, N.
    """
    images = np.concatenate([decode(z[start:start + BATCH]) for start in range(0, len(z), BATCH)])
    distances = {name: frechet_distance(of_samples, test[name])
                 for name, of_samples in image_moments(networks, images, progress).items()}
    return {**distances, "blur": blur(images), "images": len(images)}


def image_moments(networks: Mapping[str, ImageFeatures], images: np.ndarray, progress: Progress = no_progress
                  ) -> dict[str, Moments]:
    """Return the moments of the features of images, uint8 N×3×S×S, by the name of each network.

    Raises:
        InputError: there are fewer than two images.
    """
    if len(images) < 2:
        raise InputError(f"{len(images)} images have no covariance; score at least two, test images as well as samples")
    features: dict[str, list[np.ndarray]] = {name: [] for name in networks}
    for start in range(0, len(images), BATCH):
        batch = images[start:start + BATCH]
        for name, network in networks.items():
            features[name].append(network(batch))
        progress(len(batch))
    return {name: moments(np.concatenate(batches)) for name, batches in features.items()}
