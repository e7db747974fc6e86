"""Many linear SVMs on the same features, fitted together.

Each is scikit-learn's `LinearSVC(C=C, dual=False)`, which is LIBLINEAR's L2-regularised SVM with squared hinge loss
(Fan et al. 2008, section 2.1; the bias is one more weight): w minimises ½ wᵀw + C Σᵢ max(0, 1 − yᵢ wᵀxᵢ)².

LIBLINEAR fits one SVM after the other, and it is slow on features as correlated as the latents of several views: for 40
SVMs on 5,000 real faces × 500 features with C = 1 it needs 58 s of one core, and this file 1 s. Both stop near
the same minimum, so that accuracies are the same up to rounding: an image beside the plane may get the other answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.evaluation.feature_table import ROWS, Table, standardisation
from pipeline.evaluation.squared_hinge import PAIRS, minimise
from pipeline.evaluation.svm_scores import one_class
from pipeline.hardware.blas import one_thread_for_few

TOLERANCE = 1e-4  # of the gradient: its largest component over that at w = 0


@dataclass(frozen=True)
class LinearSVMs:
    """K linear SVMs on D features.

    Attributes:
        weights: float64 (D+1)×K, in the units of the features that `decide` gets; the last row holds the biases.
    """

    weights: np.ndarray

    def decide(self, x: np.ndarray) -> np.ndarray:
        """Return the decision values wᵀx + b of features x, float N×D: float64 N×K, positive for the class True."""
        decided = np.empty((len(x), self.weights.shape[1]))
        for start in range(0, len(x), ROWS):  # float64 of few rows at a time
            decided[start:start + ROWS] = x[start:start + ROWS].astype(np.float64) @ self.weights[:-1]
        return decided + self.weights[-1]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return bool N×K: on which side of each SVM the features x, float N×D, lie."""
        return self.decide(x) > 0

    def before_standardisation(self, mean: np.ndarray, deviation: np.ndarray) -> "LinearSVMs":
        """Return the SVMs that decide the same of x as these do of (x − mean) / deviation.

        Args:
            mean: float64 D.
            deviation: float64 D, above 0.
        """
        scaled = self.weights[:-1] / deviation[:, None]
        return LinearSVMs(np.vstack([scaled, self.weights[-1] - mean @ scaled]))


class Fitted(NamedTuple):
    """Fitted SVMs, and how far each is from its minimum."""

    svms: LinearSVMs
    gradient: np.ndarray  # float64 K: the largest component of each SVM's gradient, over the largest of all at w = 0

    @property
    def converged(self) -> np.ndarray:
        """Return bool K: whether the gradient of each SVM is within `TOLERANCE`."""
        return self.gradient <= TOLERANCE


def fit_standardised(table: Table, y: np.ndarray, candidates: Sequence[float]) -> list[Fitted]:
    """Standardise features with their own mean and standard deviation, and fit K SVMs to them for each of some C.

    The features are turned onto their principal axes, once for all C. Means, axes and weights are float64. The turned
    features are the only copy of the table, and are float32: half the memory, and twice the speed.

    Args:
        table: R×C raw features. One that is constant becomes zero, and has the weight 0.
        y: bool R×K, labels.
        candidates: C, the weight of the hinge loss against ½ wᵀw.

    Returns:
        For each C the SVMs, in the units of the raw features: the standardisation is in their weights. And their
        gradients by `squared_hinge.minimise`. They do not depend on the other C. `Fitted.converged` tells which have
        converged.
    """
    count, width = len(table.rows), len(table.columns)
    with one_thread_for_few(count * width):
        mean, deviation, gram = standardisation(table)
        squares, axes = np.linalg.eigh(gram)
        del gram
        squares, bias = np.append(squares.clip(min=0), count), width  # the bias is an axis of its own: means are 0
        turned, start = np.ones((count, width + 1), np.float32), 0
        for block in table.blocks():
            block -= mean
            block /= deviation
            turned[start:start + len(block), :bias] = block @ axes
            start += len(block)
        sign = np.where(y, np.float32(1), np.float32(-1))
        found = (minimise(turned, squares, sign, C, TOLERANCE) for C in candidates)
        return [Fitted(LinearSVMs(np.vstack([axes @ minimum.u[:bias], minimum.u[bias:]]))
                       .before_standardisation(mean, deviation), minimum.gradient) for minimum in found]


def bytes_to_fit(rows: int, columns: int, svms: int) -> int:
    """Return about how much memory `fit_where_known` takes beside the features.

    Counted are the turned features, what `squared_hinge.minimise` holds of each image and SVM, the square matrices of
    the principal axes, and what L-BFGS remembers.

    Args:
        rows: number of images.
        columns: number of features.
        svms: K.
    """
    of_images = 4 * rows * (columns + 1) + 6 * 4 * rows * svms + 3 * 8 * ROWS * columns
    return of_images + 6 * 8 * columns * columns + 3 * PAIRS * 8 * columns * svms


def fit_where_known(table: Table, attributes: Attributes, candidates: Sequence[float]) -> list[Fitted]:
    """Fit an SVM per attribute and C by `fit_standardised`, each on the images where the attribute is known.

    Those of attributes that are known for the same images are fitted together.

    Args:
        table: N×D raw features.
        attributes: K attributes of the N images.
        candidates: as in `fit_standardised`.

    Returns:
        As `fit_standardised` does. An attribute with one class is always answered so, and its gradient is 0. One that
        is known for no image has weights that are NaN, and a gradient of 0.
    """
    count = len(attributes.names)
    weights = np.full((len(candidates), len(table.columns) + 1, count), np.nan)
    gradient = np.zeros((len(candidates), count))
    for columns, known in known_together(attributes.known):
        y = np.ascontiguousarray(attributes.values[known][:, columns])
        of_group = table._replace(rows=table.rows[known])
        for number, fitted in enumerate(fit_standardised(of_group, y, candidates)):
            weights[number][:, columns], gradient[number, columns] = fitted.svms.weights, fitted.gradient
    constant = one_class(attributes) & attributes.known.any(axis=0)
    weights[..., constant], gradient[:, constant] = 0, 0
    weights[:, -1, constant] = np.where(attributes.values[:, constant].any(axis=0), 1, -1)
    return [Fitted(LinearSVMs(of_c), of_gradient) for of_c, of_gradient in zip(weights, gradient, strict=True)]


def known_together(known: np.ndarray) -> list[tuple[list[int], np.ndarray]]:
    """Group the equal columns of bool N×K: their numbers, and the column, bool N. Those without True are left out."""
    groups: dict[bytes, list[int]] = {}
    for i, column in enumerate(known.T):
        if column.any():
            groups.setdefault(np.packbits(column).tobytes(), []).append(i)
    return [(columns, known[:, columns[0]]) for columns in groups.values()]
