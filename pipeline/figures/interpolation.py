"""Figure 5: from one latent vector to another, z = (1 − α) z_left + α z_right (section 4.3.1)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.figures.choice import Conditions, Decode, choose, in_words
from pipeline.figures.grid import image_grid
from pipeline.sampling import prior


class Pair(NamedTuple):
    """A row: what its left and its right face are."""

    label: str
    left: Conditions
    right: Conditions


FIGURE5_PAIRS = (
    Pair("non-smiling woman → smiling woman", {"Male": False, "Smiling": False}, {"Male": False, "Smiling": True}),
    Pair("man without eyeglasses → man with eyeglasses",
         {"Male": True, "Eyeglasses": False}, {"Male": True, "Eyeglasses": True}),
    Pair("man → woman", {"Male": True}, {"Male": False}),
)


def interpolation(path: str | Path, mu: np.ndarray, attributes: np.ndarray, decode: Decode, seed: int = 0,
                  steps: int = 11, pairs: Sequence[Pair] = FIGURE5_PAIRS) -> list[str]:
    """Write one row per pair of encoded faces and a last one between two random z ~ N(0, I).

    `mu` float32 N×D posterior means and `attributes` bool N×40 of the faces to choose from. Each row draws its faces
    from the seed and its own number. A pair for which no face fits is left out; the returned notes say which.
    """
    alphas = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    rows, labels, notes = [], [], []
    for number, pair in enumerate(pairs):
        random = np.random.default_rng([seed, number])
        left, right = (choose(attributes, conditions, random) for conditions in (pair.left, pair.right))
        if left is None or right is None:
            nobody = in_words(pair.left if left is None else pair.right)
            notes.append(f"interpolation: the row “{pair.label}” is left out, no face is {nobody}")
            continue
        rows.append((1 - alphas) * mu[left] + alphas * mu[right])
        labels.append(pair.label)
    left, right = prior(2, mu.shape[1], seed)
    rows.append((1 - alphas) * left + alphas * right)
    labels.append("random z → random z")
    image_grid(decode(np.concatenate(rows).astype(np.float32)), steps, path, row_labels=labels,
               column_labels=alpha_labels(alphas))
    return notes


def alpha_labels(alphas: np.ndarray) -> list[str]:
    """α = 0, 0.1, … 1 as texts, the sign at the first only."""
    numbers = [f"{alpha:.2g}" for alpha in np.ravel(alphas)]
    return [f"α = {numbers[0]}", *numbers[1:]]
