"""Scores of predicted labels and of rankings: one number for each attribute."""

from collections.abc import Callable

import numpy as np

RANKINGS = ("average_precision", "auroc")


def score_predictions(predicted: np.ndarray, truth: np.ndarray, training: np.ndarray) -> dict[str, np.ndarray]:
    """Score labels.

    Args:
        predicted: bool N×K, what the SVMs predict.
        truth: bool N×K, the labels of the same images.
        training: bool M×K, the labels of the images that the SVMs were fitted on.

    Returns:
        float64 K each, 0 … 1:
          accuracy           share of right answers
          balanced_accuracy  mean of the shares of right answers among positives and among negatives; NaN where N images
                             have only one of them
          majority           accuracy of always giving the more frequent answer of the training images; negative if
                             there are as many of both
    """
    right, positives, negatives = predicted == truth, truth.sum(axis=0), (~truth).sum(axis=0)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as it should be
        balanced = ((right & truth).sum(axis=0) / positives + (right & ~truth).sum(axis=0) / negatives) / 2
    return {"accuracy": right.mean(axis=0), "balanced_accuracy": balanced,
            "majority": (truth == (2 * training.sum(axis=0) > len(training))).mean(axis=0)}


def score_rankings(decided: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Score decision values, whatever the threshold, by scikit-learn.

    Args:
        decided: float N×K, larger for the positive class.
        truth: bool N×K.

    Returns:
        float64 K each, 0 … 1; NaN where N images have only one class:
          average_precision  Σₙ (Rₙ − Rₙ₋₁) Pₙ, with precision P and recall R at the n-th threshold; the share of
                             positives for a constant decision
          auroc              area under the ROC curve; 0.5 for a constant decision
    """
    from sklearn.metrics import average_precision_score, roc_auc_score  # takes half a second to import

    both = ~one_class(truth)

    def scored(score: Callable[[np.ndarray, np.ndarray], float]) -> np.ndarray:
        return np.array([score(truth[:, i], decided[:, i]) if both[i] else np.nan for i in range(truth.shape[1])])

    return dict(zip(RANKINGS, (scored(average_precision_score), scored(roc_auc_score)), strict=True))


def one_class(y: np.ndarray) -> np.ndarray:
    """Return bool K: which of the labels, bool N×K, are the same for all N images."""
    return np.asarray(y.sum(axis=0) % len(y) == 0)
