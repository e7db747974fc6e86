"""Threads of numpy's matrix products."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.evaluation import linear_svm
from pipeline.evaluation.feature_table import Table
from pipeline.hardware import blas


def threads() -> set[int]:
    """Return the numbers of threads that the loaded BLAS libraries use."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(limits=2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("numpy's BLAS here has no number of threads that can be set to 2")
        yield


@pytest.mark.parametrize(("numbers", "expected"), [(blas.FEW, 1), (blas.FEW + 1, 2)])
def test_few_numbers_have_one_thread_and_the_former_number_comes_back(numbers, expected):
    with blas.one_thread_for_few(numbers):
        assert threads() == {expected}
    assert threads() == {2}
    with pytest.raises(KeyError), blas.one_thread_for_few(numbers):
        raise KeyError
    assert threads() == {2}


def test_few_svms_are_fitted_by_one_thread(monkeypatch):
    seen, minimise = [], linear_svm.minimise
    monkeypatch.setattr(linear_svm, "minimise", lambda *given: seen.append(threads()) or minimise(*given))
    x = np.random.default_rng(0).standard_normal((40, 3))
    linear_svm.fit_standardised(Table.whole(x), x[:, :1] > 0, [0.1, 1.0])
    assert seen == [{1}, {1}] and threads() == {2}
