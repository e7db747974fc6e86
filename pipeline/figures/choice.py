"""Choose faces for a figure by their attributes: at random, and the same ones for the same seed."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.vocabulary import readable

Decode = Callable[[np.ndarray], np.ndarray]  # z float32 N×D → images uint8 N×3×S×S
Pixels = Callable[[np.ndarray], np.ndarray]  # rows of a data set, int N → these images' pixels, uint8 N×3×S×S
MOST_ATTRIBUTES = 60  # that one figure shows: more would not be legible
Conditions = Mapping[str, bool]  # name of an attribute → whether the face has it


def choose(attributes: Attributes, conditions: Conditions, random: np.random.Generator) -> int | None:
    """Return the row of a random face that is known to meet all conditions; None if no face is.

    Args:
        attributes: of the N faces to choose from.
        conditions: the attributes that the face has to have, or not to have. No face meets one that names an attribute
            that the data set lacks.
        random: where the choice is drawn from; it is drawn once if a face fits, else not at all.
    """
    if not set(conditions) <= set(attributes.names):
        return None
    fits = np.ones(len(attributes), dtype=bool)
    for name, wanted in conditions.items():
        fits &= attributes.having(name, wanted)
    rows = np.flatnonzero(fits)
    return int(random.choice(rows)) if len(rows) else None


def in_words(conditions: Conditions) -> str:
    """Return conditions in words: "Male, not Smiling"."""
    return ", ".join(("" if wanted else "not ") + readable(name) for name, wanted in conditions.items())


def without_attribute(figure: str, attributes: Attributes, rows: Mapping[str, Iterable[str]]
                      ) -> tuple[set[str], list[str]]:
    """Return the rows of a figure that name an attribute that the data set lacks, and a note on them, or none.

    Args:
        figure: its name, for the note.
        attributes: of the data set.
        rows: label of a row → the attributes that it names.
    """
    lacking = {label: [name for name in names if name not in attributes.names] for label, names in rows.items()}
    absent = list(dict.fromkeys(readable(name) for names in lacking.values() for name in names))
    lost = [label for label, names in lacking.items() if names]
    return set(lost), [f"{figure}: left out, since the data set has no {', no '.join(absent)}: "
                       f"{', '.join(f'“{label}”' for label in lost)}"] if lost else []


def frequent_and_mixed(attributes: Attributes, count: int) -> list[str]:
    """Return the `count` most frequent of the attributes that some faces are known to have, and others to lack."""
    return [name for name in attributes.most_frequent(len(attributes.names))
            if attributes.having(name).any() and attributes.having(name, False).any()][:count]
