"""The minimum of many squared-hinge objectives, compared with scipy's minimiser on each alone."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from pipeline.evaluation.squared_hinge import hinge_derivatives, line_minimum, minimise


@pytest.fixture(scope="module")
def problem():
    """300 images with 12 features on their principal axes, of very unequal spread, and four labels."""
    random = np.random.default_rng(0)
    x = random.standard_normal((300, 12))
    x = x @ np.linalg.eigh(x.T @ x).eigenvectors * np.geomspace(0.1, 10, 12)
    y = x @ random.standard_normal((12, 4)) + 3 * random.standard_normal((300, 4)) > np.array([0, 1, -2, 8])
    return x, np.square(x).sum(axis=0), np.where(y, 1.0, -1.0)


@pytest.mark.parametrize("C", [0.001, 0.1, 10.0])
def test_each_minimum_is_that_of_the_svm_alone(problem, C):
    x, squares, sign = problem
    found = minimise(x, squares, sign, C, 1e-8)
    assert (found.gradient <= 1e-8).all()
    for k in range(4):
        def objective(u, of=sign[:, k]):
            slack = np.maximum(1 - of * (x @ u), 0)
            return u @ u / 2 + C * (slack ** 2).sum(), u - 2 * C * x.T @ (of * slack)

        alone = minimize(objective, np.zeros(12), jac=True, method="L-BFGS-B",
                         options={"gtol": 1e-10, "ftol": 0, "maxiter": 10_000})
        np.testing.assert_allclose(found.u[:, k], alone.x, rtol=0, atol=1e-5 * np.abs(alone.x).max())


def test_an_svm_does_not_depend_on_the_others(problem):
    x, squares, sign = problem
    together = minimise(x, squares, sign, 1.0, 1e-6)
    alone = minimise(x, squares, sign[:, 2:3], 1.0, 1e-9)
    np.testing.assert_allclose(together.u[:, 2:3], alone.u, atol=1e-4)


def test_a_line_search_ends_where_the_objective_is_least():
    random = np.random.default_rng(1)
    margin, gain = random.standard_normal((5000, 3)), random.standard_normal((5000, 3)) + 0.3
    slope, curvature, C = np.array([0.1, -3.0, 0.0]), np.array([0.5, 2.0, 1e-3]), 0.2
    t = line_minimum(margin, gain, slope, curvature, C)
    for k in range(3):
        def objective(t, k=k):
            slack = np.maximum(1 - margin[:, k] - t * gain[:, k], 0)
            return slope[k] * t + curvature[k] * t * t / 2 + C * (slack ** 2).sum()

        assert objective(t[k]) == pytest.approx(minimize_scalar(objective, (0, 1)).fun, rel=1e-4)
        first = hinge_derivatives(margin, gain, np.zeros(3))[0][k]
        assert first == pytest.approx((np.maximum(1 - margin[:, k], 0) * gain[:, k]).sum())
