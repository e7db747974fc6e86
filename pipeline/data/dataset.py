"""What a source of faces gives to the pipeline: docs/sources.md says how to write one."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.data.splits import OFFICIAL, Splitting


class Images(Protocol):
    """Stored images by id. It is pickled to other processes, so it holds no open file."""

    @property
    def path(self) -> Path:
        """The file or folder that holds them, for messages."""

    def read(self, image_id: str) -> bytes:
        """Return the encoded bytes of an image (JPEG, PNG, …); raises InputError where they cannot be read."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """N images, in the order in which shards have them within a split."""

    image_ids: np.ndarray  # str N, each once
    split: np.ndarray  # str N, one of SPLITS
    attributes: Attributes  # of N images; of no names where there are none
    landmarks: np.ndarray | None  # float or int16 N×5×2: x, y of POINTS in pixels of the upright image; None for none
    images: Images
    notes: tuple[str, ...] = ()  # what the user should know and need not change, each a sentence

    def __len__(self) -> int:
        return len(self.image_ids)

    def of_rows(self, rows: np.ndarray) -> "Dataset":
        """Return some of the images. rows: bool N, or int M."""
        return Dataset(self.image_ids[rows], self.split[rows], self.attributes.of_rows(rows),
                       None if self.landmarks is None else self.landmarks[rows], self.images, self.notes)

    def with_landmarks(self, landmarks: np.ndarray | None) -> "Dataset":
        """Return the same images with other landmarks, N×5×2, or with none."""
        return dataclasses.replace(self, landmarks=landmarks)


class Given(NamedTuple):
    """Where a source finds its data, and how it is to be split: named as in the section `data` of params.yaml."""

    root: Path  # folder or file
    splitting: Splitting = OFFICIAL
    attributes: Path | None = None  # a table, .csv or .parquet
    landmarks: Path | None = None  # a table, .csv or .parquet
