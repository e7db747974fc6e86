"""Add an attribute's vector to a face, or subtract it: z + α z_attribute.

Figure 6 of the first paper (section 4.3.2) and Figure 5 of the second (section 3.2).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.figures import style
from pipeline.figures.choice import Conditions, Decode, choose, frequent_and_mixed, in_words, without_attribute
from pipeline.figures.grid import image_grid
from pipeline.figures.interpolation import alpha_labels
from pipeline.latent_space.attribute_vectors import AttributeVectors
from pipeline.vocabulary import readable


class Change(NamedTuple):
    """One row of the figure."""

    label: str
    face: Conditions  # of the face to start from
    attribute: str
    sign: int  # +1 adds the attribute, −1 subtracts it


# The rows are those of the caption. The text of section 4.3.2 says that the first face is a man, the second a woman.
FIGURE6_ROWS = (
    Change("man + smiling", {"Male": True, "Smiling": False}, "Smiling", +1),
    Change("woman − smiling", {"Male": False, "Smiling": True}, "Smiling", -1),
    Change("man + eyeglasses", {"Male": True, "Eyeglasses": False}, "Eyeglasses", +1),
    Change("woman + eyeglasses", {"Male": False, "Eyeglasses": False}, "Eyeglasses", +1),
    Change("face − eyeglasses", {"Eyeglasses": True}, "Eyeglasses", -1),
)

# The second paper's six attributes. Its text says that the smiling face is a man's. Bald starts from a man too, as does
# mustache, since hardly any woman of CelebA has either. Black hair shows best on a blond face.
MANIPULATION_ROWS = (
    Change("bald", {"Male": True, "Bald": False}, "Bald", +1),
    Change("black hair", {"Black_Hair": False, "Blond_Hair": True}, "Black_Hair", +1),
    Change("eyeglasses", {"Eyeglasses": False}, "Eyeglasses", +1),
    Change("male", {"Male": False}, "Male", +1),
    Change("smiling", {"Male": True, "Smiling": False}, "Smiling", +1),
    Change("mustache", {"Male": True, "Mustache": False}, "Mustache", +1),
)


def attribute_arithmetic(path: str | Path, mu: np.ndarray, attributes: Attributes, vectors: AttributeVectors,
                         decode: Decode, seed: int = 0, steps: int = 11,
                         changes: Sequence[Change] = FIGURE6_ROWS) -> list[str]:
    """Write one row per change, with α = 0 … 1 from left to right. Without any row, write nothing.

    Where the data set has the attributes of none of the changes, `own_changes` takes their place.

    Args:
        path: of the PNG file.
        mu: float32 N×D, posterior means of the faces to choose from.
        attributes: of these N faces.
        vectors: one direction per attribute.
        decode: turns z into images.
        seed: of the choice of faces.
        steps: number of images in a row.
        changes: FIGURE6_ROWS or MANIPULATION_ROWS.

    Returns:
        Notes on rows that are left out because no face fits, because an attribute has no vector, or because the data
        set lacks it, and on other rows in their place.
    """
    alphas = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    rows, labels, figure = [], [], readable(Path(path).stem)
    lost, notes = without_attribute(figure, attributes, {
        change.label: (*change.face, change.attribute) for change in changes})
    if len(lost) == len(changes):
        lost, (changes, notes) = set(), own_changes(attributes, vectors, changes, figure)
    for number, change in enumerate(changes):
        if change.label in lost:
            continue
        face = choose(attributes, change.face, np.random.default_rng([seed, number]))
        if face is None or change.attribute in vectors.missing():
            why = (f"no face is {in_words(change.face)}" if face is None
                   else f"{readable(change.attribute)} has no vector")
            notes.append(f"attribute arithmetic: the row “{change.label}” is left out, {why}")
            continue
        rows.append(mu[face] + alphas * change.sign * vectors.of(change.attribute))
        labels.append(change.label)
    if rows:
        image_grid(decode(np.concatenate(rows).astype(np.float32)), steps, path, row_labels=labels,
                   column_labels=alpha_labels(alphas))
    return notes


def own_changes(attributes: Attributes, vectors: AttributeVectors, papers: Sequence[Change], figure: str
                ) -> tuple[list[Change], list[str]]:
    """Return changes for a data set that lacks the attributes of the paper's, and a note on them.

    Args:
        attributes: of the faces to choose from.
        vectors: of these attributes.
        papers: the paper's changes. As many are returned, or fewer, with the same signs.
        figure: its name, for the note.
    """
    names = [name for name in frequent_and_mixed(attributes, len(attributes.names)) if name not in vectors.missing()]
    own = [Change(f"{'add' if change.sign > 0 else 'subtract'} {style.name_of(name)}", {name: change.sign < 0}, name,
                  change.sign) for name, change in zip(names, papers, strict=False)]
    if own:
        return own, [f"{figure}: the data set lacks the attributes of the paper’s figure; the rows are of its own that "
                     "most faces have"]
    return [], [f"{figure}: left out, since no attribute has a vector and faces with and without it"]
