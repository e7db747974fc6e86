"""Average precision and AUROC of rankings, compared with scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pipeline.data.attributes import Attributes
from pipeline.evaluation.svm_scores import score_ranking, score_rankings


@pytest.mark.parametrize("values", [2, 5, 1000])  # few values: many images are ranked together
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_ranking_scores_as_by_scikit_learn(values, share):
    random = np.random.default_rng(values)
    positive = random.random(400) < share
    positive[:2] = True, False
    decided = (random.integers(0, values, 400) + positive * values // 3).astype(np.float64)
    precision, area = score_ranking(decided, positive)
    assert precision == pytest.approx(average_precision_score(positive, decided), abs=1e-12)
    assert area == pytest.approx(roc_auc_score(positive, decided), abs=1e-12)


def test_a_constant_decision_scores_by_chance():
    positive = np.arange(10) < 3
    assert score_ranking(np.ones(10), positive) == pytest.approx((0.3, 0.5))
    assert score_ranking(positive.astype(float), positive) == (1, 1)


def test_only_known_values_count_and_what_cannot_be_ranked_is_nan():
    values = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1], [0, 0, 0]], dtype=bool)
    known = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 1, 1]], dtype=bool)
    decided = np.array([[0.0, 1, np.nan], [1, 2, 0], [2, 3, 0], [3, 4, 0]])
    scores = score_rankings(decided, Attributes(("a", "b", "c"), values, known))
    assert scores["auroc"][0] == 0.5 and scores["average_precision"][0] == pytest.approx((1 + 2 / 3) / 2)
    assert all(np.isnan(of[1:]).all() for of in scores.values())
