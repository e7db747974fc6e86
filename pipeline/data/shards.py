"""Reading prepared faces: Parquet files by view and split, which any Parquet reader understands without this code.

    ROOT/view=aligned/split=train/part-00000.parquet …    one row per image
    ROOT/view=aligned/_manifest.json                      written last: a view that has it is complete

The rows of a split are in the data set's order, and the same in every view. `shard_files` writes them.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.data.attributes import Attributes, concatenated, nothing_known
from pipeline.data.row_groups import (
    RowGroup,
    attribute_columns,
    image_id_column,
    pixel_column,
    read_row_group,
    row_groups,
)
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.vocabulary import SPLITS

MANIFEST = "_manifest.json"
MISSING = "missing"  # in the manifest of a view that cannot be cut out of these images: why
Location = str | Path | Folder  # of shards: on local disk, NFS or in object storage

# Rows per file, and the unit of work: a process holds this many images of every view (25 MB a view at 64×64), no more.
PART_ROWS = 2048


class Faces(NamedTuple):
    """The N rows of one split of one view."""

    image_ids: np.ndarray  # str N
    pixels: np.ndarray  # uint8 N×3×S×S, contiguous, RGB, 0 … 255
    attributes: Attributes  # of N images


def manifest(root: Location, view: str) -> dict[str, Any]:
    """Return what a view's shards under `root` hold; `pipeline.data.prepare.prepare` describes it.

    Raises:
        InputError: there are no shards of this view, or the manifest is damaged.
    """
    found = _read_manifest(root, view)
    if why := found.get(MISSING):
        raise InputError(f"{root} has no images of the view {view}: {why}")
    return found


def _read_manifest(root: Location, view: str) -> dict[str, Any]:
    """Return a manifest, that of a view without images too; raises InputError as `manifest` does."""
    folder = Folder.of(root)
    if not folder.has(name := manifest_name(view)):
        raise InputError(f"no shards of a view {view!r} at {root}; run `dvc repro prepare`")
    try:
        return json.loads(folder.read(name))
    except ValueError as error:
        raise InputError(f"{folder / name} is damaged ({error}); run `dvc repro --force prepare`") from error


def views(root: Location) -> list[str]:
    """Return the views that are complete under `root` and have images, sorted."""
    folder = Folder.of(root)
    names = [name.removeprefix("view=") for name in folder.folders() if name.startswith("view=")]
    return [view for view in names if folder.has(manifest_name(view)) and MISSING not in _read_manifest(root, view)]


def load(root: Location, view: str, split: str) -> Faces:
    """Read one split of one view into memory.

    Raises:
        InputError: it is missing or damaged.
    """
    groups = _row_groups(root, view, split)
    ends = np.cumsum([0, *(group.rows for group in groups)])
    about = manifest(root, view)
    size, attribute_names = about["image_size"], about["attributes"]
    pixels = np.empty((ends[-1], 3, size, size), np.uint8)

    def gather(number: int) -> tuple[np.ndarray, Attributes]:
        table = read_row_group(groups[number], ["image_id", "pixels", *attribute_names])
        pixels[ends[number]:ends[number + 1]] = pixel_column(table, groups[number], size)
        return image_id_column(table), attribute_columns(table, attribute_names)

    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as threads:  # Arrow decodes without the interpreter's lock
        columns = list(threads.map(gather, range(len(groups))))
    if not columns:
        return Faces(np.empty(0, str), pixels, nothing_known(attribute_names, 0))
    image_ids, attributes = zip(*columns, strict=True)
    return Faces(np.concatenate(image_ids), pixels, concatenated(attributes))


def load_attributes(root: Location, splits: Sequence[str] = SPLITS,
                    view: str = "aligned") -> tuple[np.ndarray, np.ndarray, Attributes]:
    """Read the attributes of whole splits, without the pixels.

    Returns:
        Image ids (str N), their splits (str N) and their attributes, split after split.

    Raises:
        InputError: a split is missing or damaged.
    """
    attribute_names = manifest(root, view)["attributes"]
    image_ids, names, attributes = [np.empty(0, str)], [np.empty(0, str)], [nothing_known(attribute_names, 0)]
    for split in splits:
        for group in _row_groups(root, view, split):
            table = read_row_group(group, ["image_id", *attribute_names])
            image_ids.append(image_id_column(table))
            names.append(np.full(len(table), split))
            attributes.append(attribute_columns(table, attribute_names))
    return np.concatenate(image_ids), np.concatenate(names), concatenated(attributes)


def batches(root: Location, view: str, split: str, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Read one split of one view batch by batch, in file order.

    About one row group and one batch are in memory at a time.

    Returns:
        An iterator of image ids (str B) and pixels (uint8 B×3×S×S); the last batch may be shorter.

    Raises:
        InputError: the split is missing or damaged.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: it should be at least 1")
    groups = _row_groups(root, view, split)  # checked now, not at the first batch
    size = manifest(root, view)["image_size"]

    def generate() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        held_ids: list[np.ndarray] = []
        held_pixels: list[np.ndarray] = []
        held = 0
        for group in groups:
            table = read_row_group(group, ["image_id", "pixels"])
            ids, pixels = image_id_column(table), pixel_column(table, group, size)
            start = 0
            while start < len(ids):
                stop = min(len(ids), start + batch_size - held)
                held_ids.append(ids[start:stop])
                held_pixels.append(pixels[start:stop])
                held += stop - start
                start = stop
                if held == batch_size:
                    yield np.concatenate(held_ids), np.concatenate(held_pixels)
                    held_ids, held_pixels, held = [], [], 0
        if held:
            yield np.concatenate(held_ids), np.concatenate(held_pixels)

    return generate()


def first_pixels(root: Location, view: str, split: str, count: int) -> np.ndarray:
    """Return the pixels of the first images of a split, in file order; no row group behind them is read.

    Args:
        root: the shards.
        view: their view.
        split: their split.
        count: how many, at least 1; all where there are fewer.

    Returns:
        uint8 N×3×S×S.

    Raises:
        InputError: the split is missing or damaged.
    """
    for _, pixels in batches(root, view, split, count):
        return pixels
    size = manifest(root, view)["image_size"]
    return np.empty((0, 3, size, size), np.uint8)


def pixels_at(root: Location, view: str, split: str, rows: np.ndarray) -> np.ndarray:
    """Return the pixels of some images of a split. Only row groups that have one of them are read, one at a time.

    Args:
        root: the shards.
        view: their view.
        split: their split.
        rows: int N, the images' places in file order, in any order.

    Returns:
        uint8 N×3×S×S; raises InputError as `batches` does.
    """
    size, start = manifest(root, view)["image_size"], 0
    pixels = np.empty((len(rows), 3, size, size), np.uint8)
    for group in _row_groups(root, view, split):
        here = (rows >= start) & (rows < start + group.rows)
        if here.any():
            pixels[here] = pixel_column(read_row_group(group, ["pixels"]), group, size)[rows[here] - start]
        start += group.rows
    return pixels


def _row_groups(root: Location, view: str, split: str) -> list[RowGroup]:
    """Return the row groups of a split in order; raises InputError if it is missing or damaged."""
    images = manifest(root, view)["images"]
    if split not in images:
        raise InputError(f"{root} has no split {split!r} of view {view}, only {', '.join(images)}")
    return row_groups(Folder.of(root), view, split, images[split])


def part_name(view: str, split: str, number: int) -> str:
    """Return the path of a part in a folder of shards."""
    return f"view={view}/split={split}/part-{number:05}.parquet"


def manifest_name(view: str) -> str:
    """Return the path of a view's manifest in a folder of shards."""
    return f"view={view}/{MANIFEST}"
