"""Which faces stand in a figure: by their attributes, at random, the same ones for the same seed."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.figures.style import readable
from pipeline.vocabulary import ATTRIBUTES

# z float32 N×D → images uint8 N×3×S×S.
Decode = Callable[[np.ndarray], np.ndarray]
# CelebA's name of an attribute → whether the face has it.
Conditions = Mapping[str, bool]


def choose(attributes: np.ndarray, conditions: Conditions, random: np.random.Generator) -> int | None:
    """The row of one random face of those (bool N×40) that meet all conditions; None where there is none."""
    fits = np.ones(len(attributes), dtype=bool)
    for name, wanted in conditions.items():
        fits &= attributes[:, ATTRIBUTES.index(name)] == wanted
    rows = np.flatnonzero(fits)
    return int(random.choice(rows)) if len(rows) else None


def in_words(conditions: Conditions) -> str:
    """For example: Male, not Smiling."""
    return ", ".join(("" if wanted else "not ") + readable(name) for name, wanted in conditions.items())
