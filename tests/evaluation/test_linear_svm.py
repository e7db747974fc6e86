"""SVMs fitted together, compared with scikit-learn's, which are fitted one by one."""

import tracemalloc

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from pipeline.evaluation import linear_svm, squared_hinge
from pipeline.evaluation.feature_table import ROWS, Table


@pytest.fixture(scope="module")
def correlated():
    """20 features: 10 and nearly equal copies of them. Five labels: one is rare, one is unrelated to the features."""
    random = np.random.default_rng(0)
    x = random.standard_normal((800, 10))
    x = np.hstack([x, x + 0.05 * random.standard_normal((800, 10))])
    score = x @ random.standard_normal((20, 5)) + random.standard_normal((800, 5))
    y = score > np.array([0, 0.5, 0, 4, 0])
    y[:, 4] = random.random(800) < 0.4
    return x, y


def fit(x, y, candidates):
    return linear_svm.fit_standardised(Table.whole(x), y, candidates)


@pytest.mark.parametrize("C", [0.001, 0.05, 1.0, 30.0])
def test_every_svm_equals_scikit_learns(correlated, C):
    x, y = (correlated[0] - correlated[0].mean(axis=0)) / correlated[0].std(axis=0), correlated[1]
    assert 0.02 < y[:, 3].mean() < 0.15
    fitted = fit(x, y, [C])[0]
    weights = fitted.svms.weights
    assert weights.shape == (21, 5) and fitted.gradient.shape == (5,) and fitted.converged.all()

    def objective(w, labels):
        margins = np.where(labels, 1, -1) * (np.column_stack([x, np.ones(len(x))]) @ w)
        return w @ w / 2 + C * (np.maximum(0, 1 - margins) ** 2).sum()

    for i in range(y.shape[1]):
        reference = LinearSVC(C=C, dual=False, tol=1e-8, max_iter=10000).fit(x, y[:, i])
        least = objective(np.append(reference.coef_, reference.intercept_), y[:, i])
        assert objective(weights[:, i], y[:, i]) == pytest.approx(least, rel=1e-5)
        assert (fitted.svms.predict(x)[:, i] == reference.predict(x)).mean() > 0.995


def test_a_bias_is_learned(correlated):
    x, _ = correlated
    y = np.ones((800, 1), dtype=bool)
    y[0] = False  # nearly all positive, whatever the features
    svms = fit(x, y, [0.1])[0].svms
    assert svms.weights[-1, 0] > 0.8 and svms.predict(np.zeros((1, 20))).all()


def test_constant_features_and_float32_change_nothing(correlated):
    x, y = correlated
    padded = np.hstack([x, np.zeros((800, 3))]).astype(np.float32)
    svms = fit(padded, y, [1.0])[0].svms
    assert (svms.weights[20:23] == 0).all()
    assert (svms.predict(padded) == fit(x, y, [1.0])[0].svms.predict(x)).mean() > 0.999


def test_the_standardisation_is_in_the_weights(correlated):
    x, y = correlated
    raw = np.hstack([x * np.geomspace(1e-3, 1e3, 20) + np.arange(20), np.full((800, 1), 7.0)]).astype(np.float32)
    mean, deviation = raw.astype(float).mean(axis=0), np.append(raw[:, :-1].astype(float).std(axis=0), 1)
    standardised = (raw - mean) / deviation
    svms, expected = fit(raw, y, [0.1])[0].svms, fit(standardised, y, [0.1])[0].svms
    assert svms.decide(raw).dtype == np.float64 and (svms.weights[20] == 0).all()
    np.testing.assert_allclose(svms.decide(raw), expected.decide(standardised), rtol=0, atol=1e-8)
    np.testing.assert_array_equal(svms.predict(raw), svms.decide(raw) > 0)
    assert np.ptp(raw[:, 0]) < 0.1, "the raw features were not changed"


def test_a_fit_that_does_not_converge_says_for_which_svms(correlated, monkeypatch):
    x, y = correlated
    monkeypatch.setattr(squared_hinge, "ITERATIONS", 2)
    fitted, = fit(x, y, [30.0])
    assert fitted.gradient.max() > linear_svm.TOLERANCE and not fitted.converged.all()


def test_candidates_do_not_change_each_other(correlated):
    x, y = correlated
    together = fit(x, y, [0.01, 1.0, 30.0])
    for C, fitted in zip([0.01, 1.0, 30.0], together, strict=True):
        alone, = fit(x, y, [C])
        np.testing.assert_array_equal(fitted.svms.weights, alone.svms.weights)
    assert np.abs(together[0].svms.weights - together[2].svms.weights).max() > 0.1


def test_a_table_is_some_rows_and_columns_block_by_block():
    x = np.arange(3 * (ROWS + 5), dtype=np.float32).reshape(-1, 3)
    rows, columns = np.arange(1, len(x)), np.array([2, 0])
    blocks = list(Table(x, rows, columns).blocks())
    assert [len(block) for block in blocks] == [ROWS, 4] and blocks[0].dtype == np.float64
    np.testing.assert_array_equal(np.concatenate(blocks), x[np.ix_(rows, columns)])


def test_fitting_holds_one_float32_copy_of_the_features():
    random = np.random.default_rng(0)
    x = random.standard_normal((40_000, 60)).astype(np.float32)
    y = x[:, :2] + random.standard_normal((40_000, 2)) > 0
    tracemalloc.start()
    try:
        fit(x, y, [1.0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert x.nbytes < peak < linear_svm.bytes_to_fit(*x.shape, 2) < 2 * x.nbytes
