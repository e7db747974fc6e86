"""How the labels of attributes correlate, beside which the correlation of the attribute vectors stands (Figure 7)."""

from collections.abc import Sequence

import numpy as np

from pipeline.vocabulary import ATTRIBUTES


def label_correlation(attributes: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return Pearson's correlation between the 0/1 labels of `names`, which is the phi coefficient.

    Args:
        attributes: bool N×40, in the order of `ATTRIBUTES`.
        names: K of CelebA's attribute names.

    Returns:
        float64 K×K, -1 … 1. The row and column of an attribute that all images or none have are NaN.
    """
    columns = attributes[:, [ATTRIBUTES.index(name) for name in names]]
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant label has no correlation: NaN
        return np.asarray(np.corrcoef(columns.astype(np.float64), rowvar=False))


def agreement(vectors: np.ndarray, labels: np.ndarray) -> dict[str, float | int | None]:
    """Compare the correlation of attribute vectors with that of the labels, over pairs of different attributes.

    Args:
        vectors: float K×K, symmetric; NaN where there is none.
        labels: float K×K, of the same attributes in the same order.

    Returns:
        correlation                Pearson's correlation between the two matrices' entries, -1 … 1; None for fewer than
                                   three pairs, or where all entries of a matrix are equal
        mean_absolute_difference   mean of |vectors − labels|, 0 … 2; None without a pair
        pairs                      number of pairs for which both have a value
    """
    above = np.triu_indices(len(vectors), k=1)
    a, b = vectors[above], labels[above]
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    varies = len(a) > 2 and np.ptp(a) > 0 and np.ptp(b) > 0
    return {"correlation": float(np.corrcoef(a, b)[0, 1]) if varies else None,
            "mean_absolute_difference": float(np.abs(a - b).mean()) if len(a) else None, "pairs": len(a)}
