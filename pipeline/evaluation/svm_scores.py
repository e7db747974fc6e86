"""Scores of predicted labels and of rankings: one number for each attribute."""

import numpy as np

from pipeline.data.attributes import Attributes

RANKINGS = ("average_precision", "auroc")


def score_predictions(predicted: np.ndarray, truth: Attributes, training: Attributes) -> dict[str, np.ndarray]:
    """Score labels, each attribute over the images where it is known.

    Args:
        predicted: bool N×K, what the SVMs predict.
        truth: K attributes of the same N images.
        training: the attributes of the images that the SVMs were fitted on.

    Returns:
        float64 K each, 0 … 1; all are NaN for an attribute that is known for no training image or for none of the N:
          accuracy           share of right answers
          balanced_accuracy  mean of the shares of right answers among positives and among negatives; NaN where N images
                             have only one of them
          majority           accuracy of always giving the more frequent answer of the training images; negative if
                             there are as many of both
    """
    seen = training.known.sum(axis=0)
    asked = truth.known & (seen > 0)
    mostly = 2 * training.values.sum(axis=0) > seen
    right, negative = (predicted == truth.values) & asked, asked & ~truth.values
    positive = asked & truth.values
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as it should be
        balanced = ((right & positive).sum(axis=0) / positive.sum(axis=0)
                    + (right & negative).sum(axis=0) / negative.sum(axis=0)) / 2
        return {"accuracy": right.sum(axis=0) / asked.sum(axis=0), "balanced_accuracy": balanced,
                "majority": ((truth.values == mostly) & asked).sum(axis=0) / asked.sum(axis=0)}


def score_rankings(decided: np.ndarray, truth: Attributes) -> dict[str, np.ndarray]:
    """Score decision values, whatever the threshold.

    Args:
        decided: float N×K, larger for the positive class; NaN for an attribute without decisions.
        truth: K attributes of the N images.

    Returns:
        float64 K each, 0 … 1; NaN without decisions, and where the images with a known value have only one class:
          average_precision  Σₙ (Rₙ − Rₙ₋₁) Pₙ, with precision P and recall R at the n-th threshold; the share of
                             positives for a constant decision
          auroc              area under the ROC curve; 0.5 for a constant decision
    """
    scorable = ~one_class(truth) & ~np.isnan(decided).any(axis=0)
    scores = np.full((len(RANKINGS), len(scorable)), np.nan)
    for i in np.flatnonzero(scorable):
        known = truth.known[:, i]
        scores[:, i] = score_ranking(decided[known, i], truth.values[known, i])
    return dict(zip(RANKINGS, scores, strict=True))


def score_ranking(decided: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Return average precision and AUROC of one ranking, as scikit-learn's functions do, which take ten times as long.

    Images with equal decisions are ranked together.

    Args:
        decided: float N.
        positive: bool N, of both kinds.
    """
    order = np.argsort(-decided, kind="stable")
    last = np.append(np.flatnonzero(np.diff(decided[order])), len(order) - 1)  # of each run of equal decisions
    right = np.cumsum(positive[order])[last]
    wrong = last + 1 - right
    found, mistaken = right / right[-1], wrong / wrong[-1]
    precision = (np.diff(found, prepend=0) * right / (last + 1)).sum()
    area = (np.diff(mistaken, prepend=0) * (found + np.append(0, found[:-1])) / 2).sum()
    return float(precision), float(area)


def one_class(attributes: Attributes) -> np.ndarray:
    """Return bool K: which attributes are the same for all images where they are known, or are known for none."""
    positives = attributes.values.sum(axis=0)
    return np.asarray((positives == 0) | (positives == attributes.known.sum(axis=0)))
