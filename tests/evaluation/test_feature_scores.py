"""The scores of one set of images in the features of one network."""

import numpy as np
import pytest

from pipeline.evaluation.feature_scores import score_features, too_few
from pipeline.evaluation.frechet import frechet_distance, moments
from pipeline.evaluation.kernel_distance import kernel_distance
from pipeline.evaluation.precision_recall import precision_recall


def features(rows, seed=0):
    return np.random.default_rng(seed).random((rows, 5), np.float32)


def test_each_score_has_the_name_of_its_network():
    x, y = features(20, 1), features(30, 2)
    precision, recall = precision_recall(x, y)
    expected = [frechet_distance(moments(x), moments(y)), kernel_distance(x, y), precision, recall]
    assert score_features("loss_network", x, y) == dict(
        zip(("frechet_distance", "kid", "precision", "recall"), expected, strict=True))
    assert score_features("inception", x, y) == dict(
        zip(("fid", "inception_kid", "inception_precision", "inception_recall"), expected, strict=True))
    assert all(type(value) is float for value in score_features("loss_network", x, y, 3).values())


@pytest.mark.parametrize(("images", "reference"), [(3, 20), (20, 3), (2, 2)])
def test_few_images_have_no_precision_and_are_noted(images, reference):
    scores = score_features("loss_network", features(images), features(reference, 1), 4)
    assert set(scores) == {f"{name}{end}" for name in ("frechet_distance", "kid") for end in ("", "_low", "_high")}
    assert np.isfinite(list(scores.values())).all()
    singular, missing = too_few("loss_network", images, "samples", reference, "test images", 5)
    assert missing.startswith("precision and recall in the loss network's features were not measured")
    assert "singular" in singular and "need 4 images" in missing and f"{images} samples" in missing


def test_a_note_comes_exactly_where_the_covariance_is_singular():
    for rows in (5, 6):
        rank = np.linalg.matrix_rank(moments(features(rows)).covariance)
        notes = too_few("inception", 100, "samples", rows, "validation images", 5)
        assert "in Inception's features" in too_few("inception", 2, "samples", rows, "validation images", 5)[1]
        assert (rank < 5) == (rows == 5) == any("FID of 100 samples from 5 validation images" in n for n in notes)
