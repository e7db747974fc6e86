"""An attribute's vector added to a face or taken from it, z + α z_attribute.

Figure 6 of the first paper (section 4.3.2) and Figure 5 of the second (section 3.2).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.attribute_vectors import AttributeVectors
from pipeline.figures.choice import Conditions, Decode, choose, in_words
from pipeline.figures.grid import image_grid
from pipeline.figures.interpolation import alpha_labels
from pipeline.figures.style import readable


class Change(NamedTuple):
    """A row: which face, and the attribute that is added (sign +1) or subtracted (−1)."""

    label: str
    face: Conditions
    attribute: str
    sign: int


# The caption gives the rows; that the first face is a man and the second a woman stands in the text of 4.3.2.
FIGURE6_ROWS = (
    Change("man + smiling", {"Male": True, "Smiling": False}, "Smiling", +1),
    Change("woman − smiling", {"Male": False, "Smiling": True}, "Smiling", -1),
    Change("man + eyeglasses", {"Male": True, "Eyeglasses": False}, "Eyeglasses", +1),
    Change("woman + eyeglasses", {"Male": False, "Eyeglasses": False}, "Eyeglasses", +1),
    Change("face − eyeglasses", {"Eyeglasses": True}, "Eyeglasses", -1),
)

# The second paper's six attributes; of its faces, the text says that the one who smiles is a man. Hardly a woman of
# CelebA is bald or has a mustache, so those rows start from men too; black hair shows best on the fair-haired.
MANIPULATION_ROWS = (
    Change("bald", {"Male": True, "Bald": False}, "Bald", +1),
    Change("black hair", {"Black_Hair": False, "Blond_Hair": True}, "Black_Hair", +1),
    Change("eyeglasses", {"Eyeglasses": False}, "Eyeglasses", +1),
    Change("male", {"Male": False}, "Male", +1),
    Change("smiling", {"Male": True, "Smiling": False}, "Smiling", +1),
    Change("mustache", {"Male": True, "Mustache": False}, "Mustache", +1),
)


def attribute_arithmetic(path: str | Path, mu: np.ndarray, attributes: np.ndarray, vectors: AttributeVectors,
                         decode: Decode, seed: int = 0, steps: int = 11,
                         changes: Sequence[Change] = FIGURE6_ROWS) -> list[str]:
    """Write one row per change, α = 0 … 1 from left to right; `changes` may be MANIPULATION_ROWS.

    `mu` float32 N×D posterior means and `attributes` bool N×40 of the faces to choose from. A row for which no face
    fits, or whose attribute has no vector, is left out; the returned notes say which. Nothing is written where no row
    is left.
    """
    alphas = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    rows, labels, notes = [], [], []
    for number, change in enumerate(changes):
        face = choose(attributes, change.face, np.random.default_rng([seed, number]))
        vector = vectors.of(change.attribute)
        if face is None or np.isnan(vector).any():
            why = (f"no face is {in_words(change.face)}" if face is None
                   else f"{readable(change.attribute)} has no vector")
            notes.append(f"attribute arithmetic: the row “{change.label}” is left out, {why}")
            continue
        rows.append(mu[face] + alphas * change.sign * vector)
        labels.append(change.label)
    if rows:
        image_grid(decode(np.concatenate(rows).astype(np.float32)), steps, path, row_labels=labels,
                   column_labels=alpha_labels(alphas))
    return notes
