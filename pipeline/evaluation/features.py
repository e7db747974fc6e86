"""Features for attribute prediction: the latents of several views, and of several variants, side by side."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline import latents
from pipeline.errors import InputError


class Features(NamedTuple):
    """Of N images, in the shards' order."""

    image_ids: np.ndarray  # str N
    splits: np.ndarray     # str N: train, valid or test
    x: np.ndarray          # float32 N×D
    columns: dict[tuple[str, str], np.ndarray]  # (variant, view) → its columns of x

    def of(self, variants: Sequence[str], views: Sequence[str]) -> np.ndarray:
        """Columns of some views of some variants: the first variant's views, then the next's."""
        return np.concatenate([self.columns[variant, view] for variant in variants for view in views])


def posterior_means(variants: Sequence[str], views: Sequence[str], root: str | Path = "latents") -> Features:
    """Concatenated posterior means of `root`/<variant>/<view>.parquet: the first variant's views, then the next's.

    D is the sum of the latent dimensions. Raises InputError where a file is missing, or where two files do not hold
    the same images in the same order.
    """
    first, parts, columns, end = None, [], {}, 0
    for variant, view in itertools.product(variants, views):
        path = Path(root) / variant / f"{view}.parquet"
        if not path.is_file():
            raise InputError(f"there are no latents of view {path.stem} for variant {path.parent.name} ({path}); "
                             f"run `dvc repro latents@{path.parent.name}`")
        read = latents.read(path)
        first = first or (path, read)
        if not np.array_equal(read.image_ids, first[1].image_ids) or not np.array_equal(read.splits, first[1].splits):
            raise InputError(f"{path} and {first[0]} do not hold the same images in the same order; "
                             "run `dvc repro --force` for the stages latents of both")
        parts.append(read.mu)
        end += read.mu.shape[1]
        columns[variant, view] = np.arange(end - read.mu.shape[1], end)
    if first is None:
        raise InputError("no variant or no view is named for attribute prediction; name at least one of each")
    return Features(first[1].image_ids, first[1].splits, np.concatenate(parts, axis=1), columns)
