"""Binary attributes of faces: any names, any number, and values that may be unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import InputError, did_you_mean


@dataclass(frozen=True, eq=False)
class Attributes:
    """K attributes of N images."""

    names: tuple[str, ...]  # K, in the order of the columns
    values: np.ndarray  # bool N×K: whether the image has the attribute; False where this is unknown
    known: np.ndarray  # bool N×K: whether the value is known

    def __post_init__(self) -> None:
        shape = (len(self.values), len(self.names))
        if self.values.shape != shape or self.known.shape != shape or \
                self.values.dtype != bool or self.known.dtype != bool:
            raise ValueError(f"need values and known as bool N×{len(self.names)}, got {self.values.dtype} "
                             f"{self.values.shape} and {self.known.dtype} {self.known.shape}")
        if (self.values & ~self.known).any():
            raise ValueError("an unknown value must be False")

    def __len__(self) -> int:
        return len(self.values)

    def of_rows(self, rows: np.ndarray) -> "Attributes":
        """Return the attributes of some images. rows: bool N, or int M."""
        return Attributes(self.names, self.values[rows], self.known[rows])

    def index(self, name: str) -> int:
        """Return the column of an attribute; raises InputError for an unknown name."""
        if name not in self.names:
            raise InputError(f"unknown attribute {name!r}{did_you_mean(name, self.names)}; the data set has "
                             f"{', '.join(self.names) or 'none'}")
        return self.names.index(name)

    def having(self, name: str, wanted: bool = True) -> np.ndarray:
        """Return which images are known to have the attribute, or not to have it: bool N."""
        column = self.index(name)
        return self.known[:, column] & (self.values[:, column] == wanted)

    def most_frequent(self, count: int) -> list[str]:
        """Return the names of the `count` attributes that most images have, most frequent first."""
        order = np.argsort(-self.values.sum(axis=0), kind="stable")
        return [self.names[i] for i in order[:count]]


def all_known(names: Sequence[str], values: np.ndarray) -> Attributes:
    """Return attributes without an unknown value. values: bool N×K."""
    return Attributes(tuple(names), values, np.ones_like(values))


def nothing_known(names: Sequence[str], images: int) -> Attributes:
    """Return attributes of which no value is known."""
    return Attributes(tuple(names), *(np.zeros((images, len(names)), bool) for _ in range(2)))


def no_attributes(images: int) -> Attributes:
    """Return the attributes of a data set that has none."""
    return nothing_known((), images)


def concatenated(parts: Sequence[Attributes]) -> Attributes:
    """Return the attributes of several groups of images, one group after the other; all have the same names."""
    return Attributes(parts[0].names, np.concatenate([part.values for part in parts]),
                      np.concatenate([part.known for part in parts]))
