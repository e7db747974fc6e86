"""Some rows and columns of features, read block by block, and what standardises them.

For VGG-FC's 182,637×4096 features a float64 copy would be 6 GB.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

ROWS = 2048  # that are float64 at a time


class Table(NamedTuple):
    """Some rows and columns of an array of features, which is read block by block and never copied whole."""

    x: np.ndarray  # float N×D
    rows: np.ndarray  # int R
    columns: np.ndarray  # int C

    @classmethod
    def whole(cls, x: np.ndarray) -> "Table":
        """Return the table of all rows and columns of x, float N×D."""
        return cls(x, np.arange(len(x)), np.arange(x.shape[1]))

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield the features in order, float64 B×C, at most `ROWS` rows at a time."""
        all_columns = np.array_equal(self.columns, np.arange(self.x.shape[1]))
        for start in range(0, len(self.rows), ROWS):
            block = self.x[self.rows[start:start + ROWS]]
            yield (block if all_columns else block[:, self.columns]).astype(np.float64, order="C")


class Standardisation(NamedTuple):
    """What a table has to be standardised, and its scatter matrix then."""

    mean: np.ndarray  # float64 C
    deviation: np.ndarray  # float64 C, above 0; 1 for a constant column
    gram: np.ndarray  # float64 C×C: XᵀX of the standardised features


def standardisation(table: Table) -> Standardisation:
    """Measure a table's columns. A constant one is 0 when it is standardised."""
    width = len(table.columns)
    total, low, high = np.zeros(width), np.full(width, np.inf), np.full(width, -np.inf)
    for block in table.blocks():
        total += block.sum(axis=0)
        low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
    constant = low == high
    mean = np.where(constant, low, total / len(table.rows))
    gram = np.zeros((width, width))
    for block in table.blocks():
        block -= mean
        gram += block.T @ block
    deviation = np.sqrt(np.diag(gram) / len(table.rows))
    deviation[constant] = 1
    gram /= deviation
    gram /= deviation[:, None]
    return Standardisation(mean, deviation, gram)
