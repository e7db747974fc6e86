"""Choose faces for a figure by their attributes: at random, and the same ones for the same seed."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.vocabulary import ATTRIBUTES, readable

Decode = Callable[[np.ndarray], np.ndarray]  # z float32 N×D → images uint8 N×3×S×S
Conditions = Mapping[str, bool]  # CelebA's name of an attribute → whether the face has it


def choose(attributes: np.ndarray, conditions: Conditions, random: np.random.Generator) -> int | None:
    """Return the row of a random face that meets all conditions; None if no face does.

    Args:
        attributes: bool N×40, of the faces to choose from.
        conditions: the attributes that the face has to have, or not to have.
        random: where the choice is drawn from; it is drawn once if a face fits, else not at all.
    """
    fits = np.ones(len(attributes), dtype=bool)
    for name, wanted in conditions.items():
        fits &= attributes[:, ATTRIBUTES.index(name)] == wanted
    rows = np.flatnonzero(fits)
    return int(random.choice(rows)) if len(rows) else None


def in_words(conditions: Conditions) -> str:
    """Return conditions in words: "Male, not Smiling"."""
    return ", ".join(("" if wanted else "not ") + readable(name) for name, wanted in conditions.items())
