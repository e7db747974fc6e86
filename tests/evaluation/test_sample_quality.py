"""Fréchet distance, KID, precision, recall and blur of samples."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.evaluation import sample_quality as quality
from pipeline.evaluation.blur import blur
from tests import tiny


def pooled(images):
    """Features: the mean of each channel in each quarter of an image."""
    half = images.shape[-1] // 2
    return images.reshape(len(images), 3, 2, half, 2, half).mean(axis=(3, 5)).reshape(len(images), -1) / 255


NETWORKS = {"loss_network": pooled}


def test_samples_farther_from_the_photographs_score_worse():
    reference = quality.image_features(NETWORKS, tiny.faces(300, seed=1))
    alike, other = tiny.faces(250, seed=2), (tiny.faces(250, seed=2) // 2).astype(np.uint8)
    progress = []
    near = quality.score_images(alike, NETWORKS, reference, progress=progress.append)
    far = quality.score_images(other, NETWORKS, reference)
    same = quality.score_images(alike[np.zeros(250, int)], NETWORKS, reference)  # always the same face
    assert set(near) == {"frechet_distance", "kid", "precision", "recall", "blur", "images"}
    assert near["images"] == 250 == sum(progress) and near["blur"] == pytest.approx(blur(alike))
    for distance in ("frechet_distance", "kid"):
        assert near[distance] < far[distance] / 10 and near[distance] < same[distance] / 3
    assert near["recall"] > 0.5 > far["precision"] and same["recall"] < 0.05


def test_features_cover_all_batches_and_need_two_images():
    images = tiny.faces(205)
    np.testing.assert_array_equal(quality.image_features(NETWORKS, images)["loss_network"], pooled(images))
    with pytest.raises(InputError, match="1 image cannot be scored"):
        quality.image_features(NETWORKS, images[:1])


def test_every_source_is_scored():
    faces, progress = tiny.faces(30, seed=2), []
    sources = {"prior": lambda count: np.zeros((count, 1), np.float32),
               "mixture": lambda count: np.arange(count, dtype=np.float32)[:, None]}
    reference = quality.image_features(NETWORKS, tiny.faces(40, seed=1))
    scores = quality.score_sources(lambda z: faces[z[:, 0].astype(int)], sources, 30, NETWORKS, reference, 5, 1,
                                   progress.append)
    assert list(scores) == ["prior", "mixture"] and sum(progress) == 2 * 30
    assert scores["mixture"] == quality.score_images(faces, NETWORKS, reference, 5, 1)
