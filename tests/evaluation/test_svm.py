"""Attribute prediction with a linear SVM per attribute."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pipeline.data.attributes import all_known
from pipeline.errors import InputError
from pipeline.evaluation import linear_svm, squared_hinge, svm
from pipeline.evaluation.svm_file import read_svms, write_svms
from pipeline.evaluation.svm_notes import convergence
from pipeline.vocabulary import ATTRIBUTES


def evaluate(x, y, splits, *more, **named):
    """Return the rows of labels, bool N×40, that are all known."""
    return svm.evaluate(x, all_known(ATTRIBUTES, y), splits, *more, **named)


@pytest.fixture(scope="module")
def planted():
    """Latents with different scales. Attributes 0 and 1 (rare) follow one direction in them; all others are noise."""
    random = np.random.default_rng(0)
    x = random.standard_normal((3000, 20)) * np.geomspace(0.01, 100, 20)
    direction = random.standard_normal(20) / np.geomspace(0.01, 100, 20)
    score = x @ direction
    y = random.random((3000, 40)) < 0.3
    y[:, 0] = score > 0
    y[:, 1] = score > np.quantile(score, 0.9)
    return x.astype(np.float32), y, np.repeat(["train", "valid", "test"], [1500, 500, 1000])


@pytest.fixture(scope="module")
def rows(planted):
    return evaluate(*planted)


def test_a_planted_direction_is_found(rows):
    assert list(rows["attribute"]) == list(ATTRIBUTES)
    assert rows["accuracy"][0] > 0.98 and rows["balanced_accuracy"][0] > 0.98
    assert rows["accuracy"][1] > 0.97 and rows["balanced_accuracy"][1] > 0.9
    assert rows["majority"][1] == pytest.approx(0.9, abs=0.03)


def test_noise_has_the_majority_accuracy_and_a_balanced_accuracy_of_one_half(rows):
    noise = rows[2:]
    assert abs(noise["accuracy"] - noise["majority"]).max() < 0.02
    assert noise["balanced_accuracy"].between(0.45, 0.55).all()


def test_positives_are_counted_and_scores_are_averaged(rows, planted):
    np.testing.assert_array_equal(rows["positives"], planted[1][2000:].sum(0))
    assert set(rows["images"]) == {1000}
    averages = svm.averages(rows)
    assert averages["accuracy"] == pytest.approx(np.mean(list(rows["accuracy"])))
    assert set(averages) == {"accuracy", "balanced_accuracy", "average_precision", "auroc", "majority",
                             "valid_accuracy", "C"}
    assert averages["C"] == 1.0 and set(rows["C"]) == {1.0}


def test_the_progress_bar_counts_svms(planted, rows, capfd):
    pd.testing.assert_frame_equal(evaluate(*planted, progress="aligned"), rows)
    assert "80/80" in capfd.readouterr().err


@pytest.fixture(scope="module")
def noisy():
    """Few images with many dimensions, each weakly related to the labels: a large C fits their noise."""
    random = np.random.default_rng(1)
    thing, splits = random.standard_normal((700, 1)), np.repeat(["test", "valid", "train"], [300, 200, 200])
    x = thing / 2 + random.standard_normal((700, 60))
    y = thing + random.standard_normal((700, 40)) > 0
    return x, y, splits


def test_c_is_chosen_by_mean_validation_accuracy(noisy):
    x, y, splits = noisy
    known = splits != "test"
    as_test = np.where(splits[known] == "valid", "test", "train")
    scored = {c: evaluate(x[known], y[known], as_test, [c]) for c in (0.001, 1.0)}
    assert scored[0.001]["accuracy"].mean() > scored[1.0]["accuracy"].mean() + 0.01
    for candidates in ([1.0, 0.001], [0.001, 1.0]):
        rows = evaluate(x, y, splits, candidates)
        assert set(rows["C"]) == {0.001}
        pd.testing.assert_frame_equal(rows, evaluate(x, y, splits, [0.001]))  # fitted again, on both splits
        np.testing.assert_array_equal(rows["valid_accuracy"], scored[0.001]["accuracy"])


def test_the_choice_of_c_ignores_the_test_images(noisy):
    x, y, splits = noisy
    upside_down = np.where((splits == "test")[:, None], ~y, y)
    assert set(evaluate(x, upside_down, splits, [0.001, 1.0])["C"]) == {0.001}


def test_ties_between_c_go_to_the_smallest(planted, capfd):
    x, _, splits = planted
    y = np.zeros((3000, 40), dtype=bool)  # nothing to learn: every C has the accuracy 1
    rows = evaluate(x, y, splits, [3.0, 0.5, 2.0], progress="aligned")
    assert set(rows["C"]) == {0.5} and "160/160" in capfd.readouterr().err


@pytest.mark.parametrize(("missing", "C", "message"), [
    ("valid", [0.1, 1.0], "0.1, 1: there are 1,500 training images and 0 validation images"),
    ("test", [1.0], "to train and to test on, and has 2000 and 0")])
def test_an_empty_split_is_refused(planted, missing, C, message):
    x, y, splits = planted
    there = splits != missing
    with pytest.raises(InputError, match=message):
        evaluate(x[there], y[there], splits[there], C)


def test_one_c_needs_no_validation_images(planted):
    x, y, splits = (array[(planted[2] != "valid") & (np.arange(3000) > 1200)] for array in planted)
    rows = evaluate(x, y, splits, [0.1])
    assert rows["accuracy"][0] > 0.95 and rows["valid_accuracy"].isna().all()
    assert np.isnan(svm.averages(rows)["valid_accuracy"])


def test_a_ranking_is_scored_as_by_scikit_learn_on_the_decision_values(planted, rows):
    x, y, splits = planted
    evaluated = svm.evaluate_sets(x, {"all": np.arange(20), "few": np.array([3, 1])}, all_known(ATTRIBUTES, y),
                                  splits)
    pd.testing.assert_frame_equal(evaluated["all"].rows, rows)
    test = splits == "test"
    for name, columns in (("all", np.arange(20)), ("few", np.array([3, 1]))):
        decided = evaluated[name].svms.decide(x[test][:, columns])
        of_set = evaluated[name].rows
        assert evaluated[name].svms.weights.shape == (len(columns) + 1, 40)
        np.testing.assert_allclose(of_set["accuracy"], ((decided > 0) == y[test]).mean(axis=0))
        for i in (0, 1, 7):
            assert of_set["auroc"][i] == pytest.approx(roc_auc_score(y[test, i], decided[:, i]), abs=1e-12)
            expected = average_precision_score(y[test, i], decided[:, i])
            assert of_set["average_precision"][i] == pytest.approx(expected, abs=1e-12)
    assert rows["auroc"][0] > 0.99 and rows["average_precision"][1] > 0.95
    noise = rows[2:]
    assert abs(noise["auroc"] - 0.5).max() < 0.1
    assert abs(noise["average_precision"] - noise["positives"] / noise["images"]).max() < 0.1


def test_the_accuracy_on_validation_images_is_that_of_svms_fitted_without_them(planted):
    x, y, splits = planted
    rows = evaluate(x, y, splits, [0.1])
    relabelled = np.where((splits == "test")[:, None], ~y, y)
    np.testing.assert_array_equal(evaluate(x, relabelled, splits, [0.1])["valid_accuracy"], rows["valid_accuracy"])
    known = splits != "test"
    alone = evaluate(x[known], y[known], np.where(splits[known] == "valid", "test", "train"), [0.1])
    np.testing.assert_array_equal(rows["valid_accuracy"], alone["accuracy"])


def test_svms_that_have_not_converged_are_noted_and_counted(few, monkeypatch):
    x, y, splits = few
    rows = evaluate(x, y, splits)
    assert convergence(rows) == "" and set(rows["note"]) == {""}
    monkeypatch.setattr(squared_hinge, "ITERATIONS", 1)
    splits = np.where(np.arange(len(splits)) < 100, "train", splits)
    y[:300, 3] = False
    rows = evaluate(x, y, splits, [10.0])
    noted = rows["note"].str.contains("not converged with C 10: the gradient is ")
    assert noted.any() and not noted[3], "an attribute with one class is not fitted"
    assert rows["note"].str.contains("not converged with C 10 on the training split alone").any()
    assert convergence(rows).startswith(f"{rows['note'].str.contains('not converged').sum()} of 40 SVMs have not conv")


def test_written_svms_are_read_and_other_files_refused(tmp_path, planted):
    x, y, splits = planted
    svms = svm.evaluate_sets(x, {"all": np.arange(20)}, all_known(ATTRIBUTES, y), splits)["all"].svms
    path = tmp_path / "evaluation/svm_all.npz"
    write_svms(path, ATTRIBUTES, svms)
    assert [file.name for file in path.parent.iterdir()] == ["svm_all.npz"]
    assert read_svms(path).names == ATTRIBUTES
    np.testing.assert_array_equal(read_svms(path).svms.weights, svms.weights)
    first = path.read_bytes()
    write_svms(path, ATTRIBUTES, svms)
    assert path.read_bytes() == first, "the same SVMs give the same bytes"
    path.write_bytes(first[:999])
    for broken in (path, tmp_path / "absent.npz"):
        with pytest.raises(InputError, match="not a file of SVMs as the stage evaluate writes it"):
            read_svms(broken)
    partly = np.where(np.arange(21)[:, None] == 3, np.nan, svms.weights)
    for weights in (svms.weights[:, 1:], svms.weights.astype(np.float32), partly, svms.weights * np.inf):
        write_svms(path, ATTRIBUTES, linear_svm.LinearSVMs(weights))
        with pytest.raises(InputError, match="does not hold weights of an SVM for each of its 40 attributes"):
            read_svms(path)


@pytest.fixture
def few(planted):
    """300 images to train on and 300 to test on; tests may change them."""
    return tuple(array[1700:2300].copy() for array in planted)


def test_a_single_training_class_is_always_answered_with_a_note(few):
    x, y, splits = few
    y[:300, 4], y[:300, 5] = False, True
    rows = evaluate(x, y, splits)
    assert rows["accuracy"][4] == rows["majority"][4] == pytest.approx(1 - y[300:, 4].mean())
    assert rows["accuracy"][5] == pytest.approx(y[300:, 5].mean())
    assert rows["auroc"][4] == 0.5 and rows["average_precision"][4] == pytest.approx(y[300:, 4].mean())
    assert "only negative" in rows["note"][4] and "only positive" in rows["note"][5] and rows["note"][0] == ""
    assert rows["balanced_accuracy"][4] == 0.5


def test_scores_of_both_classes_are_nan_when_the_test_images_have_one_and_a_note_says_so(few):
    x, y, splits = few
    y[300:, 7], y[300:, 8] = False, True
    rows = evaluate(x, y, splits)
    for score in ("balanced_accuracy", "average_precision", "auroc"):
        assert rows[score].isna().tolist() == [i in (7, 8) for i in range(40)]
        assert not np.isnan(svm.averages(rows)[score])
    assert rows["positives"][7] == 0 and not rows["accuracy"].isna().any()
    assert rows["note"][7].startswith("no positive test image: ") and rows["note"][8].startswith("no negative test im")


def test_features_are_standardised_with_the_training_images(planted):
    x, y, splits = planted
    other = x[:, ::-1].astype(np.float64) * np.geomspace(1e3, 1e-3, 20) + np.arange(20)
    padded = np.hstack([other, np.full((len(x), 1), 7.0)])  # a constant feature changes nothing
    rankings = ["average_precision", "auroc"]  # which change where two images swap places
    rows, expected = evaluate(padded, y, splits), evaluate(x.astype(np.float64), y, splits)
    pd.testing.assert_frame_equal(rows.drop(columns=rankings), expected.drop(columns=rankings))
    np.testing.assert_allclose(rows[rankings], expected[rankings], atol=1e-4)
    shifted = np.where((splits == "test")[:, None], x + 10 * x[splits != "test"].std(axis=0), x)
    assert evaluate(shifted, y, splits)["accuracy"][0] < 0.9  # test images are not standardised with their own mean


def test_every_fit_says_what_memory_it_takes(planted):
    x, y, splits = planted
    said = []

    def recording(function, data, work, memory=None):
        for item in work:
            said.append((len(item.columns), memory(data, item)))
            yield function(data, item)

    sets = {"narrow": np.arange(2), "wide": np.arange(20)}
    svm.evaluate_sets(x, sets, all_known(ATTRIBUTES, y), splits, [0.1, 1.0], parallel_map=recording)
    assert [columns for columns, _ in said] == [2, 20, 2, 20]
    for columns, needed in said:
        assert needed == linear_svm.bytes_to_fit(3000, columns, 40) > 4 * 3000 * (columns + 40)
