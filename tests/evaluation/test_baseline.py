"""What baselines are given, and the scores of those that need no SVM."""

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.fields import check_baselines
from pipeline.data import shards
from pipeline.data.attributes import Attributes, all_known
from pipeline.errors import InputError
from pipeline.evaluation import svm
from pipeline.evaluation.baseline import Decisions, score_decisions
from pipeline.registry import load_module
from pipeline.vocabulary import ATTRIBUTES, BASELINES, SPLITS
from tests.evaluation.baselines.conftest import IMAGES, VIEW, given, pixels  # noqa: F401 # fixtures

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/extending.md"


def test_faces_are_read_split_after_split_in_batches(given, pixels, capfd):  # noqa: F811
    batches = list(given.faces.all_batches("a label", 50))
    assert [len(batch) for batch in batches] == [50, 50, 20, 40, 40]
    expected = [shards.load(given.faces.root, VIEW, split).pixels for split in SPLITS]
    np.testing.assert_array_equal(np.concatenate(batches), np.concatenate(expected))
    said = capfd.readouterr().err
    assert "a label" in said and "200/200" in said
    means = given.faces.features("means", lambda batch: batch.mean(axis=(2, 3)))
    assert means.dtype == np.float32 and means.shape == (200, 3)
    np.testing.assert_allclose(means, pixels.mean(axis=(2, 3)), rtol=1e-5)


def test_the_documents_baseline_of_ones_own(given, pixels, own_choice):  # noqa: F811
    section = DOCUMENT.read_text().split("\n## A baseline\n")[1].split("\n## ")[0]
    [source] = re.findall(r"```python\n# pipeline/evaluation/baselines/mean_colour.py\n(.*?)```", section, re.DOTALL)
    own_choice(BASELINES, "mean_colour", source)
    assert check_baselines(["pca", "mean_colour"]) == ["pca", "mean_colour"]
    measured = load_module(BASELINES, "mean_colour").measure(given)
    np.testing.assert_allclose(measured.x, pixels.mean(axis=(2, 3)), rtol=1e-5)
    assert measured.label == "mean colour"


@pytest.fixture
def labels():
    random = np.random.default_rng(0)
    return random.random((200, 40)) < 0.4, np.repeat(SPLITS, list(IMAGES.values()))


def test_decisions_have_the_rows_of_svms_and_the_same_majority(labels):
    y, splits = labels
    right = Decisions("a", "b", np.where(y[splits == "valid"], 0.1, -5), np.where(y[splits == "test"], 0.1, -5))
    rows = score_decisions(right, all_known(ATTRIBUTES, y), splits)
    of_svms = svm.evaluate(np.random.default_rng(1).standard_normal((200, 3)), all_known(ATTRIBUTES, y), splits, [0.1])
    assert set(of_svms) <= set(rows) and list(rows["attribute"]) == list(ATTRIBUTES)
    assert (rows[["accuracy", "balanced_accuracy", "valid_accuracy"]] == 1).all(axis=None) and rows["C"].isna().all()
    for column in ("majority", "positives"):
        np.testing.assert_array_equal(rows[column], of_svms[column])


def test_the_threshold_is_0_and_wrong_decisions_count(labels):
    y, splits = labels
    valid, test = y[splits == "valid"], y[splits == "test"]
    wrong = Decisions("a", "b", np.where(valid, -1.0, 1.0), np.full(test.shape, 1e-6))
    rows = score_decisions(wrong, all_known(ATTRIBUTES, y), splits)
    np.testing.assert_allclose(rows["accuracy"], test.mean(axis=0))
    np.testing.assert_allclose(rows["balanced_accuracy"], 0.5)
    assert (rows["valid_accuracy"] == 0).all()


def test_features_that_are_not_finite_are_refused_by_the_name_of_the_baseline(given):  # noqa: F811
    calls: list[int] = []

    def overflows(batch):
        calls.append(1)
        return np.full((len(batch), 2), np.inf if len(calls) == 1 else 1.0)

    with pytest.raises(InputError, match=r"the features of the baseline means are not finite for \d+ of 200 images"):
        given.faces.features("means", overflows)


def test_decisions_are_scored_where_the_attribute_is_known(labels):
    y, splits = labels
    valid, test = splits == "valid", splits == "test"
    known = np.random.default_rng(3).random(y.shape) < 0.6
    known[splits == "train", 3], known[test, 4], known[valid, 5] = False, False, False
    wrong = (y ^ ~known)  # wherever nothing is known, the decision is the opposite
    right = Decisions("a", "b", np.where(wrong[valid], 0.1, -5), np.where(wrong[test], 0.1, -5))
    rows = score_decisions(right, Attributes(ATTRIBUTES, y & known, known), splits)
    assert rows["accuracy"].isna().tolist() == [i in (3, 4) for i in range(40)]
    assert rows["valid_accuracy"].isna().tolist() == [i in (3, 5) for i in range(40)]
    assert (rows[["accuracy", "valid_accuracy"]].fillna(1) == 1).all(axis=None)
    assert rows["note"][3] == "no training image with a known value: no scores"
    assert rows["note"][4] == "no test image with a known value: no scores" and rows["note"][0] == ""
    np.testing.assert_array_equal(rows["images"], known[test].sum(axis=0))
    np.testing.assert_array_equal(rows["positives"], (y & known)[test].sum(axis=0))
