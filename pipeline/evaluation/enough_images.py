"""Whether there are enough images of each attribute, said of the data before anything is computed from them."""

from collections.abc import Sequence

import numpy as np

from pipeline.data.attributes import Attributes

NAMED = 5  # attributes in a sentence, before "and so many more"


def notes_on_few_images(attributes: Attributes, split: np.ndarray, per_class: int) -> list[str]:
    """Return what the images are too few for: at most four sentences, none where they are enough for all attributes.

    An image whose value of an attribute is unknown is none of that attribute. Vectors and SVMs are made from the splits
    train and valid together.

    Args:
        attributes: K attributes of N images.
        split: str N, one of SPLITS.
        per_class: attributes.per_class.
    """
    training, test = attributes.of_rows(split != "test"), attributes.of_rows(split == "test")
    some, fewer = [], []
    for name, positives, negatives in _counts(training):
        if not min(positives, negatives):
            some.append(f"{name} ({_missing(positives, negatives)})")
        elif min(positives, negatives) < per_class:
            fewer.append(f"{name} ({positives:,} with, {negatives:,} without)")
    one_class = [f"{name} ({_missing(positives, negatives)})" for name, positives, negatives in _counts(test)
                 if (positives or negatives) and not min(positives, negatives)]
    unknown = [name for name, positives, negatives in _counts(test) if not positives and not negatives]
    total = len(attributes.names)
    return [sentence.format(f"{len(found)} of {total} attributes") + _listed(found) for found, sentence in (
        (some, "{} have no vector, and no SVM that learns anything, since the training and validation images lack a "
               "class: "),
        (fewer, f"{{}} have a vector from fewer images than attributes.per_class, {per_class:,}: "),
        (one_class, "{} have an accuracy and no other score, since the test images lack a class: "),
        (unknown, "{} have no scores, since they are known for no test image: ")) if found]


def _counts(attributes: Attributes) -> list[tuple[str, int, int]]:
    """Return (attribute, images with it, images without it) of all attributes; where it is unknown does not count."""
    positives = attributes.values.sum(axis=0)
    negatives = attributes.known.sum(axis=0) - positives
    return list(zip(attributes.names, positives.tolist(), negatives.tolist(), strict=True))


def _missing(positives: int, negatives: int) -> str:
    """Return which class is missing."""
    return "none known" if not positives and not negatives else "none with" if not positives else "none without"


def _listed(found: Sequence[str]) -> str:
    """Return the first of them, and how many more there are."""
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
