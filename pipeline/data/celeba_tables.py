"""The three tables of CelebA: attributes, landmarks and partition, as .txt or .csv, checked while they are read."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pipeline.data.celeba_layout import (
    DOWNLOAD,
    HEIGHT,
    PARTITION_TABLE,
    WIDTH,
    find_table,
    is_web_page,
    web_page_error,
)
from pipeline.errors import InputError, experiment_copy_hint


class Table(NamedTuple):
    """A table of N images."""

    path: Path
    image_ids: np.ndarray  # str N, in the order of the file
    values: np.ndarray  # int16 N×C


def read_table(root: Path, stem: str, columns: Sequence[str]) -> Table:
    """Read `stem`.txt or `stem`.csv below `root`.

    Args:
        root: CelebA's folder.
        stem: one of the names in `celeba_layout`.
        columns: the C columns after the image's name, in the order of the result; the file may have another order.

    Raises:
        InputError: the file is missing, is a web page, is cut short, lists an image twice or is no such table.
    """
    path = find_table(root, stem)
    if path is None:
        raise InputError(f"{stem}.txt (or .csv) is missing in {root}: download it from {DOWNLOAD}"
                         f"{experiment_copy_hint('give data.root as an absolute path')}")
    data = path.read_bytes()
    if is_web_page(data):
        raise web_page_error(path)
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"").rstrip() + b"\n"
    if path.suffix == ".csv":
        delimiter, count, header_lines = ",", None, 1
        names = [name.strip() for name in data.split(b"\n", 1)[0].decode(errors="replace").split(",")[1:]]
    else:
        delimiter = " "
        while b"  " in data:  # columns are padded with spaces
            data = data.replace(b"  ", b" ")
        data = data.replace(b" \n", b"\n")
        count, names, header_lines = None, list(columns), 0
        if stem != PARTITION_TABLE:  # the partition has neither count nor header
            (count, names), header_lines = _read_text_header(path, data), 2
    _check_columns(path, names, columns)

    rows = _parse(path, data, header_lines, ["image_id", *names], delimiter)
    if count is not None and count != len(rows):
        raise InputError(f"{path} has {len(rows):,} rows, but its first line says {count:,}: download it again")
    if len(rows) == 0:
        raise InputError(f"{path} has no rows: download it again")
    image_ids = np.array(rows["image_id"].to_pylist(), dtype=str)
    unique, first = np.unique(image_ids, return_index=True)
    if len(unique) < len(image_ids):
        twice = np.setdiff1d(np.arange(len(image_ids)), first)[0]
        raise InputError(f"{path} lists {image_ids[twice]} twice: download it again")
    return Table(path, image_ids, np.stack([rows[name].to_numpy() for name in columns], axis=1))


def _read_text_header(path: Path, data: bytes) -> tuple[int, list[str]]:
    """Return the number of rows and the columns' names, from the first two lines."""
    first, *second = data.split(b"\n", 2)[:2]
    if not first.strip().isdigit():
        raise InputError(f"{path} does not begin with the number of its rows but with {_excerpt(first)}: "
                         "download it again")
    return int(first), second[0].decode(errors="replace").split()


def _check_columns(path: Path, names: Sequence[str], columns: Sequence[str]) -> None:
    """Raise InputError unless the file has these columns, each once, in any order."""
    if sorted(names) != sorted(columns):
        wrong = [f"lacks {name}" for name in columns if name not in names]
        wrong += [f"has the unknown {name!r:.60}" for name in names if name not in columns]
        wrong += ["has one column twice"]
        raise InputError(f"the header of {path} does not fit: it {wrong[0]}; it should name image_id, {columns[0]} … "
                         f"({len(columns)} columns after the first)")


def _parse(path: Path, data: bytes, skipped: int, names: list[str], delimiter: str) -> pa.Table:
    """Parse the rows after the first `skipped` lines: image_id as string, all else as int16."""
    misfits: list[csv.InvalidRow] = []

    def note(row: csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    try:
        table = csv.read_csv(
            io.BytesIO(data),
            # One thread, so that a wrong row's number is known.
            read_options=csv.ReadOptions(column_names=names, skip_rows=skipped, use_threads=False),
            parse_options=csv.ParseOptions(delimiter=delimiter, quote_char=False, invalid_row_handler=note),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() if name == "image_id" else pa.int16() for name in names},
                null_values=[]),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise InputError(f"{path} has no rows: download it again") from error
        raise InputError(f"{path} is not a table of whole numbers ({' '.join(str(error).split())}): "
                         "download it again") from error
    if misfits:
        first = misfits[0]
        where = f"line {first.number}" if first.number is not None else _excerpt(first.text.encode())
        raise InputError(f"{path}, {where}: {first.actual_columns} values instead of {first.expected_columns}"
                         f"{_and_more(len(misfits), 'such lines')}: download it again")
    return table


def check_values(table: Table, allowed: Sequence[int]) -> None:
    """Raise InputError where a table has a value that is not allowed."""
    wrong = np.argwhere(~np.isin(table.values, allowed))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(f"{table.path} gives {table.image_ids[row]} the value {table.values[row, column]}, where only "
                         f"{', '.join(map(str, allowed))} can stand: download it again")


def check_landmarks(landmarks: np.ndarray, image_ids: np.ndarray, path: Path) -> None:
    """Raise InputError where points lie far outside the image, or all in one place: that is no face.

    Args:
        landmarks: int16 N×5×2, in pixels of the aligned image.
        image_ids: str N.
        path: of their table, for messages.
    """
    size = np.array([WIDTH, HEIGHT])
    far = ((landmarks < -size) | (landmarks > 2 * size)).any(axis=(1, 2))
    one_place = np.ptp(landmarks, axis=1).max(axis=1) < 4
    wrong = np.flatnonzero(far | one_place)
    if len(wrong):
        points = " ".join(f"{x},{y}" for x, y in landmarks[wrong[0]])
        raise InputError(f"{path} gives {image_ids[wrong[0]]}{_and_more(len(wrong), 'images')} landmarks that are no "
                         f"face in {WIDTH}×{HEIGHT} pixels ({points}): use the table of the aligned images")


def values_in_order_of(wanted: Table, table: Table) -> np.ndarray:
    """Return the values of `table` in the order of the images of `wanted`; int16 N×C.

    Raises:
        InputError: the two tables do not list the same images.
    """
    if np.array_equal(table.image_ids, wanted.image_ids):
        return table.values
    for one, other in ((wanted, table), (table, wanted)):
        missing = one.image_ids[~np.isin(one.image_ids, other.image_ids)]
        if len(missing):
            raise InputError(f"{other.path} does not list {missing[0]}{_and_more(len(missing), 'images')} of "
                             f"{one.path}: download both again")
    by_name = np.argsort(table.image_ids)
    return table.values[by_name[np.searchsorted(table.image_ids, wanted.image_ids, sorter=by_name)]]


def _and_more(count: int, what: str) -> str:
    return "" if count == 1 else f" (and {count - 1:,} more {what})"


def _excerpt(line: bytes) -> str:
    return repr(line[:40].decode(errors="replace"))
