"""Reading the Parquet files of one split by row groups, and their columns as numpy arrays."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute

from pipeline.data.attributes import Attributes
from pipeline.errors import InputError
from pipeline.files.folder import Folder

PART = re.compile(r"part-\d{5,}\.parquet")


class RowGroup(NamedTuple):
    """A run of rows of one file, which Parquet reads at once."""

    folder: Folder
    name: str  # of the file
    number: int  # in the file, from 0
    rows: int

    def __str__(self) -> str:
        return str(self.folder / self.name)


def row_groups(folder: Folder, view: str, split: str, images: int) -> list[RowGroup]:
    """Return the row groups of a split in order.

    Args:
        folder: the shards.
        view: its name.
        split: its name.
        images: how many rows the manifest says there are.

    Raises:
        InputError: a file is damaged, or there are fewer or more rows.
    """
    groups: list[RowGroup] = []
    for name in folder.names(f"view={view}/split={split}"):
        if not PART.fullmatch(name.rpartition("/")[2]):
            continue
        try:
            with folder.open(name) as file:
                footer = pq.read_metadata(file)
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged_error(folder / name, error) from error
        groups += [RowGroup(folder, name, number, footer.row_group(number).num_rows)
                   for number in range(footer.num_row_groups)]
    rows = sum(group.rows for group in groups)
    if rows != images:
        raise InputError(f"{folder} has {rows:,} instead of {images:,} {split} images in view {view}: "
                         "files are missing; run `dvc repro --force prepare`")
    return groups


def read_row_group(group: RowGroup, columns: Sequence[str]) -> pa.Table:
    """Read some columns of a row group; raises InputError if the file is damaged."""
    try:
        with group.folder.open(group.name) as stored, pq.ParquetFile(stored) as file:
            return file.read_row_group(group.number, columns=list(columns), use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise damaged_error(group, error) from error


def damaged_error(path: RowGroup | Folder, error: Exception) -> InputError:
    """Return the error for a file that cannot be read."""
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InputError(f"{path} is damaged ({first_line}); run `dvc repro --force prepare`")


def image_id_column(table: pa.Table) -> np.ndarray:
    """Return the images' names, str N."""
    return np.array(table["image_id"].to_pylist(), dtype=str)


def pixel_column(table: pa.Table, group: RowGroup, size: int) -> np.ndarray:
    """Return the pixels, uint8 N×3×S×S, without a copy; raises InputError if they have another size S."""
    pixels = table["pixels"].combine_chunks().to_numpy_ndarray()
    if pixels.shape[1:] != (3, size, size):
        raise InputError(f"{group} has images of another size than _manifest.json says; "
                         "run `dvc repro --force prepare`")
    return pixels


def attribute_columns(table: pa.Table, names: Sequence[str]) -> Attributes:
    """Return the attributes of these names; nulls are unknown values.

    It goes by DLPack: pyarrow's own `to_numpy` and `pa.array` import pandas, which takes half a second and more.
    """
    values, known = (np.zeros((len(table), len(names)), bool) for _ in range(2))
    for column, name in enumerate(names):
        valid = table[name].is_valid()
        known[:, column] = zeros_and_ones(valid)
        values[:, column] = zeros_and_ones(compute.coalesce(table[name], valid))  # an unknown value is False
    return Attributes(tuple(names), values, known)


def zeros_and_ones(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of truth values without nulls, uint8 N."""
    return np.from_dlpack(column.cast(pa.uint8()).combine_chunks())
