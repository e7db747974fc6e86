"""Minimising the objectives of many linear SVMs on the same features at once.

Each objective is ½ uᵀu + C Σᵢ max(0, 1 − yᵢ uᵀxᵢ)². The features lie on their principal axes, so that XᵀX is diagonal:
then the Hessian as if every image were a support vector, I + 2C XᵀX, is so too. L-BFGS (Nocedal & Wright 2006,
algorithm 7.5) runs in v = (I + 2C XᵀX)^½ u, where correlated features no longer make the problem ill-conditioned. Every
SVM has a step length and an estimate of the curvature of its own, and leaves when it is at its minimum; those that are
left share their matrix products.
"""

from typing import NamedTuple

import numpy as np

ITERATIONS = 1000  # of L-BFGS
PAIRS = 10  # of steps and changes of the gradient, which L-BFGS remembers
LINE_STEPS, FLAT = 30, 0.01  # of a line search: most steps, and the slope at its end over that at its beginning
SUMMED = 16384  # images whose products are added in the dtype of the features
ROWS = 2048  # images whose slacks are computed at a time: they stay in a processor's cache


class Minimum(NamedTuple):
    """K minima, or how far the search came."""

    u: np.ndarray  # float64 D×K
    gradient: np.ndarray  # float64 K: the largest component of each gradient in v, over the largest of all at v = 0


class Pair(NamedTuple):
    """What L-BFGS remembers of one iteration of K SVMs."""

    step: np.ndarray  # float64 D×K
    change: np.ndarray  # float64 D×K, of the gradient
    product: np.ndarray  # float64 K, stepᵀ change, above 0; 0 where the pair says nothing

    def of(self, columns: np.ndarray) -> "Pair":
        """Return the pair of some of the SVMs, bool K."""
        return Pair(self.step[:, columns], self.change[:, columns], self.product[columns])


def minimise(x: np.ndarray, squares: np.ndarray, sign: np.ndarray, C: float, tolerance: float) -> Minimum:
    """Minimise K objectives.

    Args:
        x: float32 or float64 N×D, features on their principal axes. What is computed for each image has this dtype, and
            sums over images and weights are float64.
        squares: float64 D, the diagonal of XᵀX.
        sign: N×K of the dtype of x, the labels: 1 or -1.
        C: weight of the hinge loss against ½ uᵀu.
        tolerance: an SVM leaves when no component of its gradient in v exceeds this share of the largest of all at
            v = 0.
    """
    scale = 1 / np.sqrt(1 + 2 * C * squares)[:, None]  # u = scale · v
    ridge = np.square(scale)  # uᵀu = vᵀ ridge v
    found = Minimum(np.zeros((x.shape[1], sign.shape[1])), np.zeros(sign.shape[1]))
    left = np.arange(sign.shape[1])
    v, margin = np.zeros_like(found.u), np.zeros_like(sign)
    gradient = -2 * C * scale * sums(x, sign)
    steepest = np.abs(gradient).max() or 1.0
    pairs: list[Pair] = []
    for iteration in range(ITERATIONS + 1):
        largest = np.abs(gradient).max(axis=0) / steepest
        leaves = (largest <= tolerance) | (iteration == ITERATIONS)
        if leaves.any():
            found.u[:, left[leaves]], found.gradient[left[leaves]] = scale * v[:, leaves], largest[leaves]
            stays = ~leaves
            if not stays.any():
                break
            left, v, gradient, margin, sign = (array[..., stays] for array in (left, v, gradient, margin, sign))
            pairs = [pair.of(stays) for pair in pairs]
        direction = descent(gradient, pairs)
        gain = x @ (scale * direction).astype(x.dtype)
        gain *= sign
        length = line_minimum(margin, gain, (ridge * v * direction).sum(axis=0),
                              (ridge * np.square(direction)).sum(axis=0), C)
        step = length * direction
        v = v + step
        gain *= length.astype(x.dtype)
        margin += gain
        np.subtract(1, margin, out=gain)  # the slack, where it is above 0
        gain.clip(min=0, out=gain)
        gain *= sign
        new = ridge * v - 2 * C * scale * sums(x, gain)
        pairs = [*pairs, Pair(step, new - gradient, (step * (new - gradient)).sum(axis=0).clip(min=0))][-PAIRS:]
        gradient = new
    return found


def sums(x: np.ndarray, of_images: np.ndarray) -> np.ndarray:
    """Return Xᵀ times N×K, float64 D×K; within `SUMMED` images the sum has the dtype of x."""
    total = np.zeros((x.shape[1], of_images.shape[1]))
    for start in range(0, len(x), SUMMED):
        total += x[start:start + SUMMED].T @ of_images[start:start + SUMMED]
    return total


def descent(gradient: np.ndarray, pairs: list[Pair]) -> np.ndarray:
    """Return the direction of L-BFGS, float64 D×K like the gradient; downwards for every SVM."""
    direction, weights = -gradient, []
    for pair in reversed(pairs):
        weights.append(ratio((pair.step * direction).sum(axis=0), pair.product))
        direction = direction - weights[-1] * pair.change
    if pairs:
        last = pairs[-1]
        curvature = ratio(np.square(last.change).sum(axis=0), last.product)
        direction = direction / np.where(curvature > 0, curvature, 1)
    for pair, weight in zip(pairs, reversed(weights), strict=True):
        direction = direction + (weight - ratio((pair.change * direction).sum(axis=0), pair.product)) * pair.step
    return np.where((direction * gradient).sum(axis=0) < 0, direction, -gradient)


def ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a / b, and 0 where b is 0: float64 K."""
    return np.asarray(np.divide(a, b, out=np.zeros_like(a), where=b > 0))


def line_minimum(margin: np.ndarray, gain: np.ndarray, slope: np.ndarray, curvature: np.ndarray, C: float
                 ) -> np.ndarray:
    """Return the t > 0 at which slope · t + ½ curvature · t² + C Σᵢ max(0, 1 − marginᵢ − t gainᵢ)² is least, float64 K.

    The derivative is piecewise linear and increases. Its root is found by Newton's method, with a bisection wherever
    that leaves the interval in which the root is known to lie. It needs no product with the features.

    Args:
        margin: float N×K, where the search begins; there the derivative is below 0.
        gain: float N×K.
        slope: float64 K.
        curvature: float64 K, above 0.
        C: as in `minimise`.
    """
    first = slope - 2 * C * hinge_derivatives(margin, gain, np.zeros_like(slope))[0]
    low, high, t = np.zeros_like(slope), np.full_like(slope, np.inf), np.ones_like(slope)
    for _ in range(LINE_STEPS):
        falling, bending = hinge_derivatives(margin, gain, t)
        derivative = slope + curvature * t - 2 * C * falling
        if (np.abs(derivative) <= FLAT * np.abs(first)).all():
            break
        low, high = np.where(derivative < 0, t, low), np.where(derivative > 0, t, high)
        newton = t - derivative / (curvature + 2 * C * bending)
        inside = (newton >= low) & (newton <= high)
        with np.errstate(invalid="ignore"):
            t = np.where(inside, newton, (low + high) / 2)
    return t


def hinge_derivatives(margin: np.ndarray, gain: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Σᵢ sᵢ gainᵢ and Σᵢ [sᵢ > 0] gainᵢ² of the slacks s = max(0, 1 − margin − t gain), float64 K each."""
    first, second, back = np.zeros_like(t), np.zeros_like(t), (-t).astype(gain.dtype)
    for start in range(0, len(margin), ROWS):
        gains = gain[start:start + ROWS]
        slack = gains * back
        slack += 1
        slack -= margin[start:start + ROWS]
        some = slack > 0
        inside = gains * some
        first += np.einsum("nk,nk->k", slack, inside)
        second += np.einsum("nk,nk->k", inside, inside)
    return first, second
