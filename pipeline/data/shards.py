"""Prepared faces on disk: Parquet files by view and split, which any Parquet reader understands without this code.

    ROOT/view=aligned/split=train/part-00000.parquet …    one row per image
    ROOT/view=aligned/_manifest.json                      of each view, written last: it says that all is there

The rows of a split are in the data set's order, and the same in every view. `shard_files` writes them.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.storage import Folder
from pipeline.vocabulary import ATTRIBUTES, SPLITS

MANIFEST = "_manifest.json"
PART = re.compile(r"part-\d{5,}\.parquet")
Location = str | Path | Folder  # of shards: on local disk, NFS or in object storage

# Rows per file, and the unit of work: a process holds so many images of every view (25 MB each at 64×64) and no more.
PART_ROWS = 2048


class Faces(NamedTuple):
    """The N rows of one split of one view."""

    image_ids: np.ndarray  # str N
    pixels: np.ndarray  # uint8 N×3×S×S, contiguous, RGB, 0 … 255
    attributes: np.ndarray  # bool N×40, columns in the order of ATTRIBUTES


def manifest(root: Location, view: str) -> dict:
    """What a view's shards under `root` hold; see `pipeline.data.prepare.prepare`. Raises InputError if there are none.
    """
    folder = Folder.of(root)
    if not folder.has(name := manifest_name(view)):
        raise InputError(f"no shards of a view {view!r} at {root}; run `dvc repro prepare`")
    try:
        return json.loads(folder.read(name))
    except ValueError as error:
        raise InputError(f"{folder / name} is damaged ({error}); run `dvc repro --force prepare`") from error


def views(root: Location) -> list[str]:
    """The views that lie under `root`, sorted."""
    folder = Folder.of(root)
    names = [name.removeprefix("view=") for name in folder.folders() if name.startswith("view=")]
    return [view for view in names if folder.has(manifest_name(view))]


def load(root: Location, view: str, split: str) -> Faces:
    """Read one split of one view into memory. Raises InputError if it is missing or damaged."""
    groups = _row_groups(root, view, split)
    ends = np.cumsum([0, *(group.rows for group in groups)])
    size = manifest(root, view)["image_size"]
    pixels = np.empty((ends[-1], 3, size, size), np.uint8)
    attributes = np.empty((ends[-1], len(ATTRIBUTES)), bool)

    def gather(number: int) -> np.ndarray:
        table = _read_row_group(groups[number], ["image_id", "pixels", *ATTRIBUTES])
        rows = slice(ends[number], ends[number + 1])
        pixels[rows] = _pixels(table, groups[number], size)
        attributes[rows] = _attributes(table, groups[number])
        return _strings(table)

    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as threads:  # Arrow decodes without the interpreter's lock
        image_ids = list(threads.map(gather, range(len(groups))))
    return Faces(np.concatenate(image_ids) if image_ids else np.empty(0, str), pixels, attributes)


def load_attributes(root: Location, splits: Sequence[str] = SPLITS,
                    view: str = "aligned") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Without reading pixels: image ids (str N), their splits (str N), attributes (bool N×40), split after split."""
    image_ids, names, attributes = [np.empty(0, str)], [np.empty(0, str)], [np.empty((0, len(ATTRIBUTES)), bool)]
    for split in splits:
        for group in _row_groups(root, view, split):
            table = _read_row_group(group, ["image_id", *ATTRIBUTES])
            image_ids.append(_strings(table))
            names.append(np.full(len(table), split))
            attributes.append(_attributes(table, group))
    return np.concatenate(image_ids), np.concatenate(names), np.concatenate(attributes)


def batches(root: Location, view: str, split: str, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Image ids (str B) and pixels (uint8 B×3×S×S) in file order; the last batch may be shorter.

    Holds about one row group and one batch in memory.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: it should be at least 1")
    groups = _row_groups(root, view, split)  # checked now, not at the first batch
    size = manifest(root, view)["image_size"]

    def generate() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        held_ids, held_pixels, held = [], [], 0
        for group in groups:
            table = _read_row_group(group, ["image_id", "pixels"])
            ids, pixels = _strings(table), _pixels(table, group, size)
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


class RowGroup(NamedTuple):
    folder: Folder
    name: str  # of the file
    number: int
    rows: int

    def __str__(self) -> str:
        return str(self.folder / self.name)


def _row_groups(root: Location, view: str, split: str) -> list[RowGroup]:
    """In order."""
    found, folder = manifest(root, view), Folder.of(root)
    if split not in found["images"]:
        raise InputError(f"{root} has no split {split!r} of view {view}, only {', '.join(found['images'])}")
    groups = []
    for name in folder.names(f"view={view}/split={split}"):
        if not PART.fullmatch(name.rpartition("/")[2]):
            continue
        try:
            with folder.open(name) as file:
                footer = pq.read_metadata(file)
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(folder / name, error) from error
        groups += [RowGroup(folder, name, number, footer.row_group(number).num_rows)
                   for number in range(footer.num_row_groups)]
    rows = sum(group.rows for group in groups)
    if rows != found["images"][split]:
        raise InputError(f"{root} has {rows:,} instead of {found['images'][split]:,} {split} images in view {view}: "
                         "files are missing; run `dvc repro --force prepare`")
    return groups


def _read_row_group(group: RowGroup, columns: Sequence[str]) -> pa.Table:
    try:
        with group.folder.open(group.name) as stored, pq.ParquetFile(stored) as file:
            return file.read_row_group(group.number, columns=list(columns), use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(group, error) from error


def _damaged(path: RowGroup | Folder, error: Exception) -> InputError:
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InputError(f"{path} is damaged ({first_line}); run `dvc repro --force prepare`")


def _pixels(table: pa.Table, path: RowGroup, size: int) -> np.ndarray:
    """uint8 N×3×S×S, without a copy."""
    pixels = table["pixels"].combine_chunks().to_numpy_ndarray()
    if pixels.shape[1:] != (3, size, size):
        raise InputError(f"{path} has images of another size than _manifest.json says; "
                         "run `dvc repro --force prepare`")
    return pixels


def _attributes(table: pa.Table, path: RowGroup) -> np.ndarray:
    unknown = [name for name in ATTRIBUTES if table[name].null_count]
    if unknown:
        raise InputError(f"{path} has images whose {unknown[0]} is unknown: this step needs all 40 attributes")
    return np.stack([table[name].to_numpy() for name in ATTRIBUTES], axis=1)


def _strings(table: pa.Table) -> np.ndarray:
    return np.array(table["image_id"].to_pylist(), dtype=str)


def part_name(view: str, split: str, number: int) -> str:
    """Where a part lies in a folder of shards."""
    return f"view={view}/split={split}/part-{number:05}.parquet"


def manifest_name(view: str) -> str:
    """Where a view's manifest lies in a folder of shards."""
    return f"view={view}/{MANIFEST}"
