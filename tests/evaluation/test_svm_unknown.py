"""Attribute prediction where values are unknown, and with any number of attributes."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.attributes import Attributes, all_known, no_attributes, nothing_known
from pipeline.errors import InputError
from pipeline.evaluation import linear_svm, svm
from pipeline.evaluation.feature_table import Table
from pipeline.evaluation.svm_file import read_svms, write_svms

NAMES = tuple("abcdef")
SCORES = ["accuracy", "balanced_accuracy", "average_precision", "auroc", "majority", "valid_accuracy"]


def case():
    """Return 900 images' features, labels of six attributes that they tell something about, and splits."""
    random = np.random.default_rng(0)
    x = random.standard_normal((900, 12)).astype(np.float32)
    y = x[:, :6] + random.standard_normal((900, 6)) > [-1, -0.5, 0, 0.3, 0.6, 1]
    return x, y, random.permuted(np.repeat(["train", "valid", "test"], [500, 200, 200]))


def unknown(y, known):
    return Attributes(NAMES[:y.shape[1]], y & known, known)


def test_each_attribute_is_that_of_the_images_where_it_is_known():
    """a and d are known for all images, b and c for the same part of them, e and f for parts of their own."""
    x, y, splits = case()
    known = np.random.default_rng(1).random((900, 6)) < [1, 0.7, 0, 1, 0.5, 0.3]
    known[:, 2] = known[:, 1]
    rows = svm.evaluate(x, unknown(y, known), splits, [0.1])
    for i in range(6):
        chosen = known[:, i]
        [alone] = svm.evaluate(x[chosen], all_known([NAMES[i]], y[chosen][:, [i]]), splits[chosen],
                               [0.1]).to_dict("records")
        row = rows.iloc[i].to_dict()
        assert {name: row[name] for name in ("attribute", "positives", "images", "C", "note")} == {
            name: alone[name] for name in ("attribute", "positives", "images", "C", "note")}
        assert row["images"] == (chosen & (splits == "test")).sum() == len(y[chosen & (splits == "test")])
        assert [row[name] for name in SCORES] == pytest.approx([alone[name] for name in SCORES], abs=0.01)
        assert row["majority"] == alone["majority"]
    known_e = unknown(y, known).of_rows(known[:, 4])
    alone = svm.evaluate(x[known[:, 4]], Attributes(("e",), known_e.values[:, [4]], known_e.known[:, [4]]),
                         splits[known[:, 4]], [0.1])
    for name in SCORES:
        assert rows[name][4] == alone[name][0], "an attribute that no other shares its images with: the same numbers"


def test_what_an_unknown_image_is_like_changes_nothing():
    x, y, splits = case()
    known = np.tile(np.random.default_rng(1).random((900, 1)) < 0.6, 6)
    rows = svm.evaluate(x, unknown(y, known), splits, [0.01, 1.0])
    other = np.where(known[:, :1], x, x[::-1] * 50 + 3)
    pd.testing.assert_frame_equal(svm.evaluate(other, unknown(y, known), splits, [0.01, 1.0]), rows)
    left = known[:, 0]
    pd.testing.assert_frame_equal(svm.evaluate(x[left], all_known(NAMES, y[left]), splits[left], [0.01, 1.0]), rows)


def test_all_known_is_one_fit_of_all_attributes_to_the_bit():
    x, y, splits = case()
    y = np.asfortranarray(y)
    weights = svm.evaluate_sets(x, {"all": np.arange(12)}, all_known(NAMES, y), splits, [0.1])["all"].svms.weights
    fitted = splits != "test"
    table = Table.whole(x[fitted][:, np.arange(12)])
    together = linear_svm.fit_standardised(table, np.ascontiguousarray(y[fitted]), [0.1])[0]
    np.testing.assert_array_equal(weights, together.svms.weights)


def test_the_numbers_are_those_of_the_code_before_attributes_could_be_unknown():
    x, y, splits = case()
    rows = svm.evaluate(x, all_known(NAMES, y), splits, [0.01, 0.1])
    for name, numbers in OLD.items():
        np.testing.assert_allclose(rows[name], numbers, atol=1e-9, err_msg=name)


OLD = {
    "accuracy": [0.815, 0.77, 0.8, 0.745, 0.72, 0.795],
    "balanced_accuracy": [0.642220098742, 0.732204861111, 0.80599755202, 0.741787663474,
        0.665934065934, 0.672049538611],
    "average_precision": [0.955356435956, 0.910803984746, 0.89079637716, 0.787339853359,
        0.651329859074, 0.757278913577],
    "auroc": [0.834209268992, 0.845052083333, 0.859547123623, 0.832046133251, 0.76978021978, 0.899465760078],
    "majority": [0.805, 0.64, 0.57, 0.585, 0.65, 0.71],
    "positives": [161.0, 128.0, 114.0, 83.0, 70.0, 58.0],
    "images": [200.0, 200.0, 200.0, 200.0, 200.0, 200.0],
    "valid_accuracy": [0.81, 0.72, 0.775, 0.735, 0.76, 0.85],
    "C": [0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
}


def test_c_is_chosen_by_the_images_where_attributes_are_known():
    """Of few images with many dimensions, a large C fits the noise. f says the opposite, but is known for few."""
    random = np.random.default_rng(1)
    thing, splits = random.standard_normal((700, 1)), np.repeat(["test", "valid", "train"], [300, 200, 200])
    x = thing / 2 + random.standard_normal((700, 60))
    y = thing + random.standard_normal((700, 6)) > 0
    known = np.ones_like(y)
    assert set(svm.evaluate(x, unknown(y, known), splits, [0.001, 1.0])["C"]) == {0.001}
    flipped = np.where((splits == "valid")[:, None], ~y, y)
    assert set(svm.evaluate(x, unknown(flipped, known), splits, [0.001, 1.0])["C"]) == {1.0}
    known[splits == "valid", :5] = False
    mixed = np.hstack([flipped[:, :5], y[:, 5:]])
    rows = svm.evaluate(x, unknown(mixed, known), splits, [0.001, 1.0])
    assert set(rows["C"]) == {0.001}, "the unknown values of the first five have no say"
    assert rows["valid_accuracy"].isna().tolist() == [True] * 5 + [False] and not rows["accuracy"].isna().any()


def test_without_known_training_or_test_images_there_are_no_scores_but_a_note(tmp_path):
    x, y, splits = case()
    known = np.ones_like(y)
    known[splits != "test", 1], known[splits == "test", 2], known[splits == "train", 3] = False, False, False
    known[:, 4] = False
    evaluated = svm.evaluate_sets(x, {"all": np.arange(12)}, unknown(y, known), splits, [0.01, 0.1])["all"]
    rows = evaluated.rows
    for name in ("accuracy", "balanced_accuracy", "average_precision", "auroc", "majority"):
        assert rows[name].isna().tolist() == [False, True, True, False, True, False], name
    assert rows["valid_accuracy"].isna().tolist() == [False, True, False, True, True, False]
    no_training, no_test = "no training image with a known value: no scores", \
        "no test image with a known value: no scores"
    assert rows["note"].tolist() == ["", no_training, no_test, "", f"{no_training}; {no_test}", ""]
    assert rows["images"].tolist() == [200, 200, 0, 200, 0, 200]
    assert rows["positives"].tolist() == (y & known)[splits == "test"].sum(axis=0).tolist()
    averages = svm.averages(rows)
    assert averages["accuracy"] == pytest.approx(rows["accuracy"][[0, 3, 5]].mean())
    write_svms(tmp_path / "a.npz", NAMES, evaluated.svms)
    names, svms = read_svms(tmp_path / "a.npz")
    assert names == NAMES and np.isnan(svms.weights).all(axis=0).tolist() == [False, True, False, False, True, False]
    np.testing.assert_array_equal(svms.weights, evaluated.svms.weights)


def test_one_class_among_the_known_is_always_answered():
    x, y, splits = case()
    known = np.ones_like(y)
    known[(splits != "test") & ~y[:, 0], 0] = False
    known[(splits == "test") & y[:, 1], 1] = False
    rows = svm.evaluate(x, unknown(y, known), splits, [0.1])
    assert rows["note"][0] == "only positive training images: always answered so"
    assert rows["accuracy"][0] == rows["majority"][0] == pytest.approx(y[splits == "test", 0].mean())
    assert rows["auroc"][0] == 0.5, "a constant answer, and no SVM that was fitted to one class"
    assert rows["note"][1].startswith("no positive test image: ") and np.isnan(rows["auroc"][1])


@pytest.mark.parametrize("count", [0, 1])
def test_any_number_of_attributes(tmp_path, capfd, count):
    x, y, splits = case()
    attributes = all_known(NAMES[:count], y[:, :count])
    evaluated = svm.evaluate_sets(x, {"all": np.arange(12)}, attributes, splits, [0.01, 0.1], "bar")["all"]
    assert len(evaluated.rows) == count and evaluated.svms.weights.shape == (13, count)
    assert list(evaluated.rows) == ["attribute", "accuracy", "balanced_accuracy", "majority", "average_precision",
                                    "auroc", "positives", "images", "valid_accuracy", "C", "note"]
    write_svms(tmp_path / "a.npz", attributes.names, evaluated.svms)
    assert read_svms(tmp_path / "a.npz").names == NAMES[:count]
    assert read_svms(tmp_path / "a.npz").svms.predict(x).shape == (900, count)


def test_without_attributes_no_image_is_needed():
    x, _, splits = case()
    train = splits == "train"
    assert svm.evaluate(x[train], no_attributes(500), splits[train], [0.01, 0.1]).empty


def test_c_cannot_be_chosen_where_nothing_is_known():
    x, y, splits = case()
    known = np.tile((splits != "valid")[:, None], 6)
    with pytest.raises(InputError, match="there are 500 training images and 0 validation images whose attributes are "
                                         "known; give svm_c a single value"):
        svm.evaluate(x, unknown(y, known), splits, [0.01, 0.1])
    assert not svm.evaluate(x, unknown(y, known), splits, [0.1])["accuracy"].isna().any()
    rows = svm.evaluate(x, nothing_known(NAMES, 900), splits, [0.1])
    assert rows[SCORES].isna().all(axis=None) and (rows["images"] == 0).all() and np.isnan(svm.averages(rows)["auroc"])
