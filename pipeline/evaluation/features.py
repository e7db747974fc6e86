"""Features for attribute prediction: the latents of several views, and of several variants, side by side."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline import paths
from pipeline.errors import InputError
from pipeline.latent_space.latents import Latents, read_latents

ALONE = ""  # a set of views that is scored where no other has a view alone; it has no file


class Features(NamedTuple):
    """The features of N images, in the order of the shards."""

    image_ids: np.ndarray  # str N
    splits: np.ndarray     # str N: train, valid or test
    x: np.ndarray          # float32 N×D
    columns: dict[tuple[str, str], np.ndarray]  # (variant, view) → its columns of x

    def of(self, variants: Sequence[str], views: Sequence[str]) -> np.ndarray:
        """Return the columns of some views of some variants: the first variant's views, then the next's."""
        return np.concatenate([self.columns[variant, view] for variant in variants for view in views])


def with_view_alone(view_sets: Mapping[str, Sequence[str]], view: str) -> tuple[dict[str, Sequence[str]], str]:
    """Return sets of views of which one has this view alone, and the name of that one: `ALONE` if it had to be added.

    Args:
        view_sets: name → views.
        view: the view.
    """
    alone = next((name for name, views in view_sets.items() if list(views) == [view]), ALONE)
    return {**view_sets, alone: [view]}, alone


def load_features(variants: Sequence[str], views: Sequence[str], folder: Path = paths.LATENTS,
                  known: Mapping[tuple[str, str], Latents] | None = None) -> Features:
    """Concatenate the posterior means of several views of several variants: the first variant's views, then the next's.

    Args:
        variants: names of at least one variant.
        views: names of at least one view.
        folder: holds a file of latents <variant>/<view>.parquet for each of them.
        known: (variant, view) → what `read_latents` has already read from that file.

    Raises:
        InputError: a file is missing, has latents that are not finite, or two files do not hold the same images in the
            same order.
    """
    if not variants or not views:
        raise InputError("no variant or no view is named for attribute prediction; name at least one of each")
    parts: list[np.ndarray] = []
    columns: dict[tuple[str, str], np.ndarray] = {}
    first, end = None, 0
    for variant, view in itertools.product(variants, views):
        path = paths.latents(variant, view, folder)
        if not path.is_file():
            raise InputError(f"there are no latents of view {view} for variant {variant} ({path}); "
                             f"run `dvc repro latents@{variant}`")
        latents = (known or {}).get((variant, view)) or read_latents(path)
        first = first or (path, latents)
        if not np.array_equal(latents.image_ids, first[1].image_ids) \
                or not np.array_equal(latents.splits, first[1].splits):
            raise InputError(f"{path} and {first[0]} do not hold the same images in the same order; "
                             "run `dvc repro --force` for the stages latents of both")
        parts.append(latents.mu)
        columns[variant, view] = np.arange(end, end + latents.mu.shape[1])
        end += latents.mu.shape[1]
    assert first is not None
    return Features(first[1].image_ids, first[1].splits, np.concatenate(parts, axis=1), columns)
