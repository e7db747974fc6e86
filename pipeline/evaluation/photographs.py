"""The photographs that samples are compared with: their features, once for all variants, and the floor.

The floor is what photographs of the training split score against them, as many as there are samples. A generator that
had learnt the training photographs' distribution perfectly would score as much.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.data import shards
from pipeline.data.shards import Location
from pipeline.errors import InputError
from pipeline.files.atomic import replacing
from pipeline.latent_space import random_streams

BATCH = 512  # images that are read at a time


def draw_photographs(root: Location, view: str, split: str, count: int, seed: int) -> np.ndarray:
    """Return photographs of a split, drawn at random without replacement: uint8 N×3×S×S.

    Args:
        root: where the shards lie.
        view: their view.
        split: their split.
        count: how many; all where there are fewer.
        seed: of the draw.
    """
    total = shards.manifest(root, view)["images"][split]
    chosen = np.zeros(total, bool)
    random = np.random.default_rng([seed, random_streams.TRAINING_PHOTOGRAPHS])
    chosen[random.choice(total, min(count, total), replace=False)] = True
    parts, start = [], 0
    for _, pixels in shards.batches(root, view, split, BATCH):  # a split of CelebA does not fit into memory everywhere
        parts.append(pixels[chosen[start:start + len(pixels)]])
        start += len(pixels)
    return np.concatenate(parts)


def write_features(path: Path, features: Mapping[str, np.ndarray]) -> None:
    """Write an .npz file of features, network → float32 N×C, atomically."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **features)


def read_features(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_features` wrote. Raise InputError where there is no such file."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # numpy's reader may raise anything on bytes that are something else
        raise InputError(f"{path} does not hold the features of photographs as the stage photographs writes them "
                         f"({type(error).__name__}); run that stage again") from error
