"""Figure 5: interpolate between two latent vectors, z = (1 − α) z_left + α z_right (section 4.3.1)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.figures.choice import Conditions, Decode, choose, in_words
from pipeline.figures.grid import image_grid
from pipeline.latent_space.sampling import sample_prior


class Pair(NamedTuple):
    """One row of the figure: which attributes its left and its right face have."""

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
    """Write one row per pair of encoded faces, and a last one between two random z ~ N(0, I).

    Args:
        path: of the PNG file.
        mu: float32 N×D, posterior means of the faces to choose from.
        attributes: bool N×40, their attributes.
        decode: turns z into images.
        seed: with the number of a row, of its choice of faces.
        steps: number of images in a row.
        pairs: the rows.

    Returns:
        A note for each pair that is left out because no face fits.
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
    left, right = sample_prior(2, mu.shape[1], seed)
    rows.append((1 - alphas) * left + alphas * right)
    labels.append("random z → random z")
    image_grid(decode(np.concatenate(rows).astype(np.float32)), steps, path, row_labels=labels,
               column_labels=alpha_labels(alphas))
    return notes


def alpha_labels(alphas: np.ndarray) -> list[str]:
    """Return the values of α as texts; the first says that it is α: "α = 0", "0.1", … "1"."""
    numbers = [f"{alpha:.2g}" for alpha in np.ravel(alphas)]
    return [f"α = {numbers[0]}", *numbers[1:]]
