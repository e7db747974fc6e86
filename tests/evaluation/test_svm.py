"""The 40 linear SVMs."""

import joblib
import numpy as np
import pandas as pd
import pytest

from pipeline.data.attributes import ATTRIBUTES
from pipeline.evaluation import svm


@pytest.fixture(scope="module")
def planted():
    """Latents of unlike scales; attribute 0 is a direction in them, 1 the same and rare, all others are noise."""
    random = np.random.default_rng(0)
    x = random.standard_normal((3000, 20)) * np.geomspace(0.01, 100, 20)
    direction = random.standard_normal(20) / np.geomspace(0.01, 100, 20)
    score = x @ direction
    y = random.random((3000, 40)) < 0.3
    y[:, 0] = score > 0
    y[:, 1] = score > np.quantile(score, 0.9)
    return x[:2000].astype(np.float32), y[:2000], x[2000:].astype(np.float32), y[2000:]


@pytest.fixture(scope="module")
def rows(planted):
    return svm.evaluate(*planted)


def test_a_planted_direction_is_found(rows):
    assert list(rows["attribute"]) == list(ATTRIBUTES)
    assert rows["accuracy"][0] > 0.98 and rows["balanced_accuracy"][0] > 0.98
    assert rows["accuracy"][1] > 0.97 and rows["balanced_accuracy"][1] > 0.9
    assert rows["majority"][1] == pytest.approx(0.9, abs=0.03)


def test_noise_scores_as_the_majority_class_and_balanced_accuracy_shows_it(rows):
    noise = rows[2:]
    assert abs(noise["accuracy"] - noise["majority"]).max() < 0.02
    assert noise["balanced_accuracy"].between(0.45, 0.55).all()


def test_counts_and_averages(rows, planted):
    np.testing.assert_array_equal(rows["positives"], planted[3].sum(0))
    averages = svm.averages(rows)
    assert averages["accuracy"] == pytest.approx(np.mean(list(rows["accuracy"])))
    assert set(averages) == {"accuracy", "balanced_accuracy", "majority"}


def test_the_result_depends_neither_on_the_number_of_jobs_nor_on_the_backend(planted, rows, capfd):
    pd.testing.assert_frame_equal(svm.evaluate(*planted, jobs=2), rows)
    with joblib.parallel_config(backend="sequential"):
        pd.testing.assert_frame_equal(svm.evaluate(*planted, progress="aligned"), rows)
    assert "40/40" in capfd.readouterr().err


def test_one_class_in_training_is_answered_and_said(planted):
    train_x, train_y, test_x, test_y = (array[:300].copy() for array in planted)
    train_y[:, 4], train_y[:, 5] = False, True
    rows = svm.evaluate(train_x, train_y, test_x, test_y)
    assert rows["accuracy"][4] == rows["majority"][4] == pytest.approx(1 - test_y[:, 4].mean())
    assert rows["accuracy"][5] == pytest.approx(test_y[:, 5].mean())
    assert "only negative" in rows["note"][4] and "only positive" in rows["note"][5] and rows["note"][0] == ""
    assert rows["balanced_accuracy"][4] == 0.5


def test_balanced_accuracy_is_absent_where_the_test_images_have_one_class(planted):
    train_x, train_y, test_x, test_y = (array[:300].copy() for array in planted)
    test_y[:, 7] = False
    rows = svm.evaluate(train_x, train_y, test_x, test_y)
    assert np.isnan(rows["balanced_accuracy"][7]) and rows["positives"][7] == 0
    assert not np.isnan(svm.averages(rows)["balanced_accuracy"])
