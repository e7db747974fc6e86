"""A table that the user gives, one row per image: CSV as text, or Parquet as it is typed."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute
from pyarrow import csv as arrow_csv

from pipeline.data.celeba_layout import is_web_page
from pipeline.errors import InputError, did_you_mean, experiment_copy_hint

ID_COLUMN = "image_id"
DELIMITERS = (",", ";", "\t")
TEXT, PARQUET = (".csv", ".tsv"), (".parquet", ".pq")
# What a column of text has where a value is unknown: pandas' list, as pyarrow has it. An id or a person may be so called.
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
            raise InputError(f"{parameter} is {name}, but {self.path} has no such column"
                             f"{did_you_mean(name, self.columns.column_names)}; it has "
                             f"{', '.join(self.columns.column_names)}")
        return self.columns[name]


def read_given_table(path: Path) -> GivenTable:
    """Read a table.

    A CSV is UTF-8, with or without a byte order mark. Its first row names the columns. The delimiter is a comma, a
    semicolon or a tab: that of which the first row has most. Parquet is a file, or a folder of files with the same
    columns. The ids of the images are in the column image_id if there is one, else in the first.

    Args:
        path: .csv, .tsv, .parquet, .pq, or a folder.

    Raises:
        InputError: the file is missing, damaged or of another kind, a column has no name or the name of another, or an
            image has no id or that of another.
    """
    suffix = path.suffix.lower()
    if path.is_dir() or (path.is_file() and suffix in PARQUET):
        table = _read_parquet(path)
    elif path.is_file() and suffix in TEXT:
        table = _read_text(path)
    elif path.is_file():
        raise InputError(f"{path} is no table that can be read: save it as .csv or .parquet")
    else:
        raise InputError(f"{path} is missing: name a table, .csv or .parquet"
                         f"{experiment_copy_hint('give it as an absolute path')}")
    if table.num_rows == 0:
        raise InputError(f"{path} has no rows: give it one for each image")
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
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return ["" if value is None or value != value else str(int(value)) if isinstance(value, float) and value.is_integer()
            else str(value).strip() for value in column.to_pylist()]


def _id_column(table: pa.Table) -> str:
    if ID_COLUMN in table.column_names:
        return ID_COLUMN
    if _PANDAS_INDEX in table.column_names and not pa.types.is_integer(table[_PANDAS_INDEX].type):
        return _PANDAS_INDEX
    return str(table.column_names[0])


def _texts_of_ids(column: pa.ChunkedArray, name: str, path: Path) -> list[str]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)):
        raise InputError(f"{path} has {kind} in the column {name}, where the image ids should be: call their column "
                         f"{ID_COLUMN}, or put it first")
    image_ids = texts(column)
    if "" in image_ids:
        raise InputError(f"{path} has no image id in row {image_ids.index('') + 1} of its column {name}: fill it in, or "
                         "take the row out")
    return image_ids


def _read_text(path: Path) -> pa.Table:
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if is_web_page(data):
        raise InputError(f"{path} is a web page (HTML) and not a table: download it again")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
        raise InputError(f"{path} is not text in UTF-8 (line {line}): save it as CSV in UTF-8") from error
    header = next((line for line in data.decode().splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if len(names) < 2:
        raise InputError(f"{path} has one column where the image ids and at least one other should be: separate the "
                         "columns by commas" if names else f"{path} is empty: give it one row for each image")
    _check_names(names, path)
    table = _parse(data, names, delimiter, path)
    return pa.table([compute.utf8_trim_whitespace(column) for column in table.columns], names)


def _parse(data: bytes, names: Sequence[str], delimiter: str, path: Path) -> pa.Table:
    """Parse the rows after the first, all columns as text."""
    misfits: list[arrow_csv.InvalidRow] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    numbers = [str(number) for number in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data.lstrip(b"\r\n")),
            # One thread, so that a wrong row's number is known.
            read_options=arrow_csv.ReadOptions(column_names=numbers, skip_rows=1, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=note),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(numbers, pa.string()), null_values=[]))
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise InputError(f"{path} has no rows: give it one for each image") from error
        raise InputError(f"{path} cannot be read as a table ({' '.join(str(error).split())}): save it as CSV in "
                         "UTF-8") from error
    if misfits:
        where = f"line {misfits[0].number}" if misfits[0].number is not None else repr(misfits[0].text[:40])
        more = f" (and {len(misfits) - 1:,} more such lines)" if len(misfits) > 1 else ""
        raise InputError(f"{path}, {where}: {misfits[0].actual_columns} values instead of "
                         f"{misfits[0].expected_columns}{more}: mend it")
    return table


def _read_parquet(path: Path) -> pa.Table:
    parts = [path] if path.is_file() else sorted(
        part for part in path.rglob("*") if part.suffix.lower() in PARQUET and part.is_file() and
        not part.name.startswith((".", "_")))
    if not parts:
        raise InputError(f"{path} is a folder without .parquet files: name a table, .csv or .parquet")
    tables = []
    for part in parts:
        try:
            with pq.ParquetFile(part) as file:
                _check_names(file.schema_arrow.names, part)
                tables.append(file.read())
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{part} is not a Parquet file, or it is damaged: write it again") from error
        if sorted(tables[-1].column_names) != sorted(tables[0].column_names):
            raise InputError(f"{part} has other columns than {parts[0]}: give all parts the same")
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(f"the parts of {path} have columns of other types ({' '.join(str(error).split())}): give all "
                         "parts the same") from error


def _check_names(names: Sequence[str], path: Path) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{path} has several columns called {repeated[0]!r}: rename all but one")
