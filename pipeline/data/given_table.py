"""A table that the user gives, one row per image: CSV as text, or Parquet as it is typed."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from pipeline.data.parquet_table import PARQUET, read_parquet_table
from pipeline.data.text_table import TEXT, read_text_table
from pipeline.errors import InputError, did_you_mean, experiment_copy_hint

ID_COLUMN = "image_id"
# What text stands for an unknown value, as for pandas. An image or a person may be called so.
UNKNOWN = ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "nan", "NaN", "-nan", "null", "NULL", "None")
_PANDAS_INDEX = "__index_level_0__"  # what pandas calls an index without a name, in Parquet


class GivenTable(NamedTuple):
    """A table of N rows."""

    path: Path
    image_ids: list[str]  # N, as the table has them, each once
    id_column: str
    columns: pa.Table  # the others: of a CSV all are text, without spaces around it

    def column(self, name: str, parameter: str) -> pa.ChunkedArray:
        """Return a column that the parameter names; raises InputError if there is none."""
        if name not in self.columns.column_names:
            raise InputError(f"{parameter} is {name!r}, but {self.path} has no such column"
                             f"{did_you_mean(name, self.columns.column_names)}; it has "
                             f"{', '.join(self.columns.column_names)}")
        return self.columns[name]


def read_given_table(path: Path) -> GivenTable:
    """Read a table.

    `read_text_table` and `read_parquet_table` say what is understood. The ids of the images are in the column image_id
    if there is one, else in the first.

    Args:
        path: .csv, .tsv, .parquet, .pq, or a folder.

    Raises:
        InputError: the file is missing, damaged or of another kind, a column has no name or the name of another, or an
            image has no id or that of another.
    """
    suffix = path.suffix.lower()
    if path.is_dir() or (path.is_file() and suffix in PARQUET):
        table = read_parquet_table(path)
    elif path.is_file() and suffix in TEXT:
        table = read_text_table(path)
    elif path.is_file():
        raise InputError(f"{path} is no table that can be read: save it as .csv or .parquet")
    else:
        raise InputError(f"{path} is missing: name a table, .csv or .parquet"
                         f"{experiment_copy_hint('give it as an absolute path')}")
    if table.num_rows == 0:
        raise InputError(f"{path} has no rows: give it one for each image")
    _check_names(table.column_names, path)
    name = _id_column(table)
    image_ids = _texts_of_ids(table[name], name, path)
    unnamed = [number for number, column in enumerate(table.column_names, 1) if column == "" and column != name]
    if unnamed:
        raise InputError(f"column {unnamed[0]} of {path} has no name: name it or remove it (pandas writes its index so "
                         "without index=False)")
    repeated = [image_id for image_id, count in Counter(image_ids).items() if count > 1]
    if repeated:
        more = f" and {len(repeated) - 1:,} more images" if len(repeated) > 1 else ""
        raise InputError(f"{path} has {repeated[0]}{more} more than once: leave one row for each image")
    others = [column for column in table.column_names if column not in (name, _PANDAS_INDEX)]
    return GivenTable(path, image_ids, name, table.select(others))


def texts(column: pa.ChunkedArray) -> list[str]:
    """Return values as text without spaces around it, whole numbers without a point, and "" where there is none."""
    values = column.to_pylist()
    if pa.types.is_floating(column.type):
        values = [int(value) if value is not None and value.is_integer() else value for value in values]
    return ["" if value is None or value != value else str(value).strip() for value in values]


def _id_column(table: pa.Table) -> str:
    if ID_COLUMN in table.column_names:
        return ID_COLUMN
    if _PANDAS_INDEX in table.column_names and not pa.types.is_integer(table[_PANDAS_INDEX].type):
        return _PANDAS_INDEX
    return str(table.column_names[0])


def _texts_of_ids(column: pa.ChunkedArray, name: str, path: Path) -> list[str]:
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)):
        raise InputError(f"{path} has {kind} in the column {name}, where the image ids should be: call their column "
                         f"{ID_COLUMN}, or put it first")
    image_ids = texts(column)
    if "" in image_ids:
        raise InputError(f"{path} has no image id in row {image_ids.index('') + 1} of its column {name}: fill it in, "
                         "or take the row out")
    return image_ids


def _check_names(names: Sequence[str], path: Path) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{path} has several columns called {repeated[0]!r}: rename all but one")
