"""Accuracies that others have published for CelebA's 40 attributes, for the page below Table 1.

They are no rows of Table 1: each has its own crop, network and training data. The text of the sources, or of work that
cites them, was read for each number; a number that could not be read anywhere is left out.
"""

from importlib import resources
from typing import NamedTuple

import pandas as pd

LABELS = ("CelebA’s labels are noisy, which bounds what any method can reach: two annotators agree on at least 95 % of "
          "the images for 12 of the 40 attributes only, and by chance alone for three (arXiv:2210.07356).")


class Published(NamedTuple):
    """A row."""

    method: str
    year: int
    source: str  # arXiv's number of the paper
    accuracy: str  # mean over the 40 attributes in percent, with the digits of the source
    protocol: str  # network, training data, images


def published_later() -> list[Published]:
    """Return the rows in the order of their years."""
    with resources.files(__package__).joinpath("published_later.csv").open(encoding="utf-8") as file:
        rows = pd.read_csv(file, dtype=str)
    return [Published(row["method"], int(row["year"]), row["source"], row["accuracy"], row["protocol"])
            for _, row in rows.iterrows()]
