"""Figure 5: interpolate between two latent vectors, z = (1 − α) z_left + α z_right (section 4.3.1)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.figures import style
from pipeline.figures.choice import Conditions, Decode, choose, frequent_and_mixed, in_words, without_attribute
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


def interpolation(path: str | Path, mu: np.ndarray, attributes: Attributes, decode: Decode, seed: int = 0,
                  steps: int = 11, pairs: Sequence[Pair] = FIGURE5_PAIRS) -> list[str]:
    """Write one row per pair of encoded faces, and a last one between two random z ~ N(0, I).

    Where the data set has the attributes of none of the pairs, `pairs_without` takes their place.

    Args:
        path: of the PNG file.
        mu: float32 N×D, posterior means of the faces to choose from.
        attributes: of these N faces.
        decode: turns z into images.
        seed: with the number of a row, of its choice of faces.
        steps: number of images in a row.
        pairs: the rows.

    Returns:
        Notes on pairs that are left out because no face fits, or because the data set lacks an attribute, and on other
        pairs in their place.
    """
    alphas = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    rows, labels = [], []
    lost, notes = without_attribute("interpolation", attributes, {
        pair.label: (*pair.left, *pair.right) for pair in pairs})
    if len(lost) == len(pairs):
        lost, (pairs, notes) = set(), pairs_without(attributes, len(pairs))
    for number, pair in enumerate(pairs):
        if pair.label in lost:
            continue
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


def pairs_without(attributes: Attributes, count: int) -> tuple[list[Pair], list[str]]:
    """Return `count` pairs for a data set that lacks the attributes of the paper's pairs, and a note on them.

    They go from a face without to a face with each of the attributes that most faces have. Where no attribute divides
    the faces, they go from a random face to another.
    """
    frequent = frequent_and_mixed(attributes, count)
    if frequent:
        return ([Pair(f"without → with {style.name_of(name)}", {name: False}, {name: True})
                 for name in frequent],
                ["interpolation: the data set lacks the attributes of the paper’s figure; the rows are of its own that "
                 "most faces have"])
    why = ("no attribute divides the test faces" if attributes.names else "the data set has no attributes")
    return [Pair("face → face", {}, {})] * count, [f"interpolation: {why}, so the pairs of faces are random"]


def alpha_labels(alphas: np.ndarray) -> list[str]:
    """Return the values of α as texts; the first says that it is α: "α = 0", "0.1", … "1"."""
    numbers = [f"{alpha:.2g}" for alpha in np.ravel(alphas)]
    return [f"α = {numbers[0]}", *numbers[1:]]
