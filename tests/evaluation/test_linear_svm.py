"""SVMs fitted together, compared with scikit-learn's, which are fitted one by one."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from pipeline.evaluation import linear_svm


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


@pytest.mark.parametrize("C", [0.001, 0.05, 1.0, 30.0])
def test_every_svm_equals_scikit_learns(correlated, C):
    x, y = correlated
    assert 0.02 < y[:, 3].mean() < 0.15
    weights = linear_svm.fit(x, y, C)
    assert weights.shape == (21, 5)

    def objective(w, labels):
        margins = np.where(labels, 1, -1) * (np.column_stack([x, np.ones(len(x))]) @ w)
        return w @ w / 2 + C * (np.maximum(0, 1 - margins) ** 2).sum()

    for i in range(y.shape[1]):
        reference = LinearSVC(C=C, dual=False, tol=1e-8, max_iter=10000).fit(x, y[:, i])
        least = objective(np.append(reference.coef_, reference.intercept_), y[:, i])
        assert objective(weights[:, i], y[:, i]) == pytest.approx(least, rel=1e-4)
        assert (linear_svm.predict(weights, x)[:, i] == reference.predict(x)).mean() > 0.995


def test_a_bias_is_learned(correlated):
    x, _ = correlated
    y = np.ones((800, 1), dtype=bool)
    y[0] = False  # nearly all positive, whatever the features
    weights = linear_svm.fit(x, y, 0.1)
    assert weights[-1, 0] > 0.8 and linear_svm.predict(weights, np.zeros((1, 20))).all()


def test_constant_features_and_float32_change_nothing(correlated):
    x, y = correlated
    padded = np.hstack([x, np.zeros((800, 3))]).astype(np.float32)
    weights = linear_svm.fit(padded, y, 1.0)
    assert (weights[20:23] == 0).all()
    assert (linear_svm.predict(weights, padded) == linear_svm.predict(linear_svm.fit(x, y, 1.0), x)).mean() > 0.999
