"""Scores of samples."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.evaluation import sample_quality as quality
from pipeline.evaluation.blur import blur
from tests import tiny


def pooled(images):
    """Return features that need no network: the mean colour, and the image at 2×2 pixels."""
    blocks = images.reshape(len(images), 3, 2, images.shape[2] // 2, 2, -1).mean((3, 5))
    return np.concatenate([images.mean((2, 3)), blocks.reshape(len(images), -1)], axis=1) / 255


def test_samples_farther_from_the_test_images_score_worse():
    networks = {"frechet_distance": pooled}
    test = quality.image_moments(networks, tiny.faces(300, seed=1))
    alike, other = tiny.faces(250, seed=2), (tiny.faces(250, seed=2) // 2).astype(np.uint8)
    z = np.arange(250, dtype=np.float32)[:, None]  # numbers of faces
    progress = []
    near = quality.sample_quality(lambda z: alike[z[:, 0].astype(int)], z, networks, test, progress.append)
    far = quality.sample_quality(lambda z: other[z[:, 0].astype(int)], z, networks, test)
    same = quality.sample_quality(lambda z: alike[np.zeros(len(z), int)], z, networks, test)  # always the same face
    assert set(near) == {"frechet_distance", "blur", "images"} and near["images"] == 250 == sum(progress)
    assert near["blur"] == pytest.approx(blur(alike))
    assert 0 < near["frechet_distance"] < far["frechet_distance"] / 10
    assert near["frechet_distance"] < same["frechet_distance"] / 3


def test_moments_cover_all_batches_and_need_two_images():
    images = tiny.faces(205)
    moments = quality.image_moments({"pooled": pooled}, images)["pooled"]
    np.testing.assert_allclose(moments.mean, pooled(images).mean(0))
    np.testing.assert_allclose(moments.covariance, np.cov(pooled(images).T))
    with pytest.raises(InputError, match="1 images"):
        quality.image_moments({"pooled": pooled}, images[:1])


def test_every_source_and_the_test_images_are_scored():
    test, faces = tiny.faces(40, seed=1), tiny.faces(30, seed=2)
    sources = {"prior": lambda count: np.zeros((count, 1), np.float32),
               "mixture": lambda count: np.arange(count, dtype=np.float32)[:, None]}
    decode, networks, progress = lambda z: faces[z[:, 0].astype(int)], {"frechet_distance": pooled}, []
    scores = quality.score_sources(decode, sources, 30, networks, test, progress.append)
    assert list(scores) == ["prior", "mixture", "test_images"] and sum(progress) == 40 + 2 * 30
    assert scores["test_images"] == {"blur": blur(test), "images": 40}
    expected = quality.sample_quality(decode, sources["mixture"](30), networks, quality.image_moments(networks, test))
    assert scores["mixture"] == expected
