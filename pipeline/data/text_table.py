"""Reading a CSV that the user gives."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from pipeline.data.celeba_layout import is_web_page
from pipeline.data.picture import EXTENSIONS, read_file
from pipeline.errors import InputError
from pipeline.vocabulary import counted

TEXT = (".csv", ".tsv")
DELIMITERS = (",", ";", "\t")


def read_text_table(path: Path) -> pa.Table:
    """Read a CSV, all columns as text without spaces around it.

    It is UTF-8, with or without a byte order mark. Its first row names the columns. The delimiter is a comma, a
    semicolon or a tab: that of which the first row has most. Values may stand in double quotes.

    Raises:
        InputError: the file is no such text, has no names of columns, or a row has more or fewer values.
    """
    data = read_file(path, "make it readable").removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if is_web_page(data):
        raise InputError(f"{path} is a web page (HTML) and not a table: download it again")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
        raise InputError(f"{path} is not text in UTF-8 (line {line}): save it as CSV in UTF-8") from error
    if not data.strip():
        raise InputError(f"{path} is empty: give it one row for each image")
    header = data.splitlines()[0].decode()
    delimiter = max(DELIMITERS, key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    except csv.Error as error:  # it is too long
        raise InputError(f"{path} does not begin with the names of its columns: add them as the first row") from error
    if len(names) < 2:
        raise InputError(f"{path} has one column where the image ids and at least one other should be: separate the "
                         "columns by commas")
    if names[0].lower().endswith(EXTENSIONS):
        raise InputError(f"{path} begins with the image {names[0]} and not with the names of its columns: add them as "
                         "the first row")
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
            io.BytesIO(data),
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
        raise InputError(f"{path}, {where}: {counted(misfits[0].actual_columns, 'value')} where the first row has "
                         f"{misfits[0].expected_columns}{more}: mend it")
    return table
