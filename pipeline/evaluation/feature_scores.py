"""The scores of one set of images against another in the features of one network, as numbers for metrics/."""

import numpy as np

from pipeline.evaluation.bootstrap import interval_around, resample_counts
from pipeline.evaluation.frechet import frechet_distance, moments, resampled_moments
from pipeline.evaluation.kernel_distance import kernel_distance, resampled_kernel_distances
from pipeline.evaluation.precision_recall import FEWEST, precision_recall
from pipeline.evaluation.score_names import HIGH, INCEPTION, LOW, NAMES
from pipeline.latent_space.random_streams import RESAMPLED_IMAGES, RESAMPLED_REFERENCE

Scores = dict[str, float | int]


def score_features(network: str, images: np.ndarray, reference: np.ndarray, resamples: int = 0, seed: int = 0
                   ) -> Scores:
    """Score images against reference photographs by their features.

    Args:
        network: whose features they are, a key of `score_names.NAMES`.
        images: float N×C, N ≥ 2.
        reference: float M×C, M ≥ 2.
        resamples: for the intervals of both distances (`bootstrap.interval_around`), 2 or more; 0 for none. Precision
            and recall have none: in a resample the nearest neighbours of an image are its own copies.
        seed: of the resamples.

    Returns:
        By these names: the Fréchet distance; KID; precision and recall, unless a side has fewer images than they need;
        and with resamples the ends of an interval of each distance, <name>_low and <name>_high.
    """
    name = NAMES[network]
    scores: Scores = {name.frechet: frechet_distance(moments(images), moments(reference)),
                      name.kernel: kernel_distance(images, reference)}
    if min(len(images), len(reference)) >= FEWEST:
        scores[name.precision], scores[name.recall] = precision_recall(images, reference)
    if resamples:
        of_reference, of_images = (resample_counts(len(rows), resamples, seed, side)
                                   for rows, side in ((reference, RESAMPLED_REFERENCE), (images, RESAMPLED_IMAGES)))
        frechet = np.array([frechet_distance(resampled_moments(images, a), resampled_moments(reference, b))
                            for a, b in zip(of_images, of_reference, strict=True)])
        for distance, resampled in ((name.frechet, frechet), (name.kernel, resampled_kernel_distances(
                images, reference, of_images, of_reference))):
            scores[distance + LOW], scores[distance + HIGH] = interval_around(float(scores[distance]), resampled)
    return scores


def too_few(network: str, images: int, what: str, reference: int, photographs: str, features: int) -> list[str]:
    """Return sentences on scores that are poor or missing because there are few images; none if there are enough.

    Args:
        network: a key of `score_names.NAMES`.
        images: N.
        what: the images in words, such as "samples".
        reference: M.
        photographs: the reference photographs in words, such as "test images".
        features: C.
    """
    notes, title, whose = [], "the Fréchet distance", "the loss network's"
    if network == INCEPTION:
        title, whose = "FID", "Inception's"
    if min(images, reference) <= features:  # the rank of a covariance is at most one less than its images
        notes.append(f"{title} of {images:,} {what} from {reference:,} {photographs} in {features:,} features has a "
                     "singular covariance and is too large: compare it only with the floor and with others of as many "
                     "images, or compare KID, whose expectation does not depend on the number")
    if min(images, reference) < FEWEST:
        notes.append(f"precision and recall in {whose} features were not measured: they need "
                     f"{FEWEST} images on both sides, and there are {images:,} {what} and {reference:,} {photographs}")
    return notes
