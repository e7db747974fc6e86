"""Attributes and pixels of given images: what belongs together is joined by image id, not by position."""

from collections.abc import Sequence

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.data.shards import Location, load_attributes, manifest, pixels_at
from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS


def attributes_of(root: Location, image_ids: np.ndarray, splits: Sequence[str] = SPLITS,
                  view: str = "aligned") -> Attributes:
    """Return the attributes of the given images.

    Args:
        root: where the shards lie.
        image_ids: str N, in any order.
        splits: where the images are looked for.
        view: whose shards are read; the attributes are the same in all.

    Returns:
        Row i belongs to image_ids[i].

    Raises:
        InputError: an image is given twice, or is not, or twice, in the shards. The message names it.
    """
    known, _, attributes = load_attributes(root, splits, view)
    return attributes.of_rows(rows_of(image_ids, known, root, splits, view))


def pixels_of(root: Location, image_ids: np.ndarray, splits: Sequence[str] = SPLITS,
              view: str = "aligned") -> np.ndarray:
    """Return the pixels of the given images, uint8 N×3×S×S; see `attributes_of`. Only theirs are held in memory."""
    known, of_splits, _ = load_attributes(root, splits, view)
    rows, start, size = rows_of(image_ids, known, root, splits, view), 0, manifest(root, view)["image_size"]
    pixels = np.empty((len(rows), 3, size, size), np.uint8)
    for split in splits:
        count = int((of_splits == split).sum())
        here = (rows >= start) & (rows < start + count)
        pixels[here] = pixels_at(root, view, split, rows[here] - start)
        start += count
    return pixels


def rows_of(image_ids: np.ndarray, known: np.ndarray, root: Location, splits: Sequence[str], view: str) -> np.ndarray:
    """Return where each of `image_ids` stands in `known`, the ids of the shards; raises InputError."""
    wanted = np.asarray(image_ids, dtype=str)
    if (image_id := first_repeated(known)) is not None:
        raise InputError(f"{image_id} stands twice in the shards in {root}; run `dvc repro --force prepare`")
    if (image_id := first_repeated(wanted)) is not None:
        raise InputError(f"{image_id} has features twice, where each image should have them once; "
                         "run `dvc repro --force latents`")
    missing = wanted[~np.isin(wanted, known)]
    if len(missing):
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise InputError(f"{missing[0]}{more} has features, but is not among the {', '.join(splits)} images of view "
                         f"{view} in {root}; run `dvc repro`")
    by_name = np.argsort(known)
    return by_name[np.searchsorted(known, wanted, sorter=by_name)]


def first_repeated(image_ids: np.ndarray) -> str | None:
    """Return an id that stands more than once in str N, or None."""
    unique, counts = np.unique(image_ids, return_counts=True)
    return None if len(unique) == len(image_ids) else str(unique[counts > 1][0])
