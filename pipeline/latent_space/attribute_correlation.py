"""Which attributes are correlated, and how their labels correlate.

Beside the correlation of the labels stands that of the attribute vectors (Hou et al. 2016, Figure 7).
"""

import csv
import io
import math
from collections.abc import Sequence

import numpy as np

from pipeline.data.attributes import Attributes

FEWEST = 2  # attributes that can be correlated


def correlated_names(attributes: Attributes, named: Sequence[str]) -> tuple[list[str], list[str]]:
    """Choose the attributes to correlate: those of `named` that exist, or else the most frequent.

    The most frequent take the place of all where fewer than `FEWEST` of `named` exist, as many as were named or as
    there are.

    Args:
        attributes: of the images that the vectors are computed from.
        named: attributes.correlation.

    Returns:
        The names, none or at least `FEWEST`; and what the report says of the choice: no sentence where all of `named`
        exist, or where there are no attributes, else one.
    """
    existing = [name for name in named if name in attributes.names]
    if not attributes.names or len(existing) == len(named):
        return existing, []
    missing = f"attributes.correlation names {len(named)} attributes, of which the data set has {len(existing)}"
    if len(existing) >= FEWEST:
        return existing, [f"{missing}; only these are correlated: {', '.join(existing)}"]
    frequent = attributes.most_frequent(max(FEWEST, len(named)))
    if len(frequent) < FEWEST:
        return [], ["There is one attribute only, so there is no correlation between attributes"]
    return frequent, [f"{missing}; instead of them, those that most images have are correlated: {', '.join(frequent)}"]


def label_correlation(attributes: Attributes, names: Sequence[str]) -> np.ndarray:
    """Return Pearson's correlation between the 0/1 labels of `names`, which is the phi coefficient.

    That of two attributes is over the images where both are known: with n such images, of which a have the first, b the
    second and c both, φ = (nc − ab) / √(a(n − a) b(n − b)).

    Args:
        attributes: of N images.
        names: K of the attributes' names: none, or at least two.

    Returns:
        float64 K×K, -1 … 1. It is NaN where one of the two is the same for all these images: so the row and column of
        an attribute that all images or none have.
    """
    columns = [attributes.index(name) for name in names]
    if not columns:
        return np.empty((0, 0))
    values, known = (of_all[:, columns].astype(np.float64) for of_all in (attributes.values, attributes.known))
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant label has no correlation: NaN
        if known.all():
            return np.asarray(np.corrcoef(values, rowvar=False))
        n, both = known.T @ known, values.T @ values
        first = values.T @ known  # how many have the row's attribute, of those where the column's is known
        second = first.T
        spread = (first * (n - first)) * (second * (n - second))
        return np.asarray(np.clip((n * both - first * second) / np.sqrt(spread), -1, 1))


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


def matrix_as_csv(names: Sequence[str], matrix: np.ndarray) -> str:
    """Return a float64 matrix K×K over attributes as CSV, with their names before rows and columns; NaN is empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["attribute", *names])
    for name, row in zip(names, matrix.tolist(), strict=True):
        table.writerow([name, *("" if math.isnan(value) else value for value in row)])
    return text.getvalue()
