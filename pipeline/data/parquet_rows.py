"""The rows of Parquet files with images: their ids, the splits that the files' names tell, and their attributes."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.data.parquet_files import StoredFile, leaves, read_columns
from pipeline.data.split_names import SPLIT_NAMES
from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS

ID_COLUMN = "image_id"

WORDS = {word: split for word, split in SPLIT_NAMES.items() if word.isalpha()}  # in names of files → split


def image_ids(files: Sequence[StoredFile], leaf: str) -> tuple[np.ndarray, bool]:
    """Return the id of each row, and whether all ids are made of file and row.

    - If there is a column `image_id`, its values are the ids: text, or whole numbers, which are written with as many
      digits as the largest has, so that their order is that of the numbers.
    - Else, if the images are a struct with a field `path`, the file names in it are the ids, as far as they are given,
      if each is there once: CelebA's own names in a mirror that keeps them.
    - Else, and where a path is not given, an id is the name of the Parquet file below the folder, without suffix, and
      the number of the row in it: "train-00000-of-00003-000017". It stays when other files come or go.

    Args:
        files: in the order of the rows.
        leaf: of the images, "image.bytes" or "image".

    Returns:
        str N, each once; and True if no row has a name of its own.

    Raises:
        InputError: the column image_id has no text and no whole numbers, or an id is missing, is there twice or holds
            a control character; or a file is damaged.
    """
    if any(ID_COLUMN in file.schema.names for file in files):
        column = read_columns(files, [ID_COLUMN]).column(0)
        return _checked(_written(column, files[0].path), files), False
    by_row = [f"{file.name}-{row:06d}" for file in files for row in range(file.rows)]
    path = leaf.removesuffix(".bytes") + ".path"
    if all(path in leaves(file) for file in files):
        paths = read_columns(files, [path]).column(0)
        names = [row if name is None else re.split(r"[/\\]", name)[-1]
                 for row, name in zip(by_row, paths.to_pylist(), strict=True)]
        if paths.null_count < len(names) and len(set(names)) == len(names) and \
                all(name and name.isprintable() for name in names):
            return np.array(names), False
    return np.array(by_row), True


def _written(column: pa.ChunkedArray, path: Path) -> list[str | None]:
    """Return a column of ids as text, None where it is null."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_integer(column.type):
        digits = len(str(pc.max(column).as_py() or 0))
        return [None if value is None else f"{value:0{digits}d}" for value in column.to_pylist()]
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise InputError(f"{path}: column {ID_COLUMN} holds {column.type}, where text or whole numbers should name the "
                         "images: rename or mend it")
    values: list[str | None] = column.to_pylist()
    return values


def _checked(ids: list[str | None], files: Sequence[StoredFile]) -> np.ndarray:
    """Return ids, or raise InputError where one is missing, repeated or not printable."""
    bad = next((row for row, value in enumerate(ids) if not value or not value.isprintable()), None)
    if bad is not None:
        what = "no value" if not ids[bad] else f"the value {ids[bad]!a}, with a control character,"
        raise InputError(f"{_place(files, bad)} has {what} in the column {ID_COLUMN}: mend it, or remove the column, "
                         "and the images are named by file and row")
    repeated = [value for value, count in Counter(ids).items() if count > 1]
    if repeated:
        first, second = [row for row, value in enumerate(ids) if value == repeated[0]][:2]
        more = "" if len(repeated) == 1 else f" (and {len(repeated) - 1:,} more images)"
        raise InputError(f"{repeated[0]}{more} is there twice, in {_place(files, first)} and in "
                         f"{_place(files, second)}: take out one of them, or remove the column {ID_COLUMN}, and the "
                         "images are named by file and row")
    return np.array(ids)


def _place(files: Sequence[StoredFile], row: int) -> str:
    """Return where a row is, for messages: "train.parquet, row 7" (counted from 0)."""
    for file in files:
        if row < file.rows:
            return f"{file.path}, row {row}"
        row -= file.rows
    raise IndexError(row)


def split_of_name(name: str) -> str | None:
    """Return the split that a file is named by, or None.

    A word of WORDS, in any case, stands alone between other characters than letters: "train-00000-of-00002",
    "split=validation/part-0", "celeba_test". The file's own name counts before that of its folder. A name with words
    of two splits tells nothing.
    """
    for part in reversed(name.split("/")):
        found = {WORDS[word] for word in re.split(r"[^a-z]+", part.lower()) if word in WORDS}
        if len(found) == 1:
            return found.pop()
    return None


def in_order_of_splits(files: Sequence[StoredFile]) -> list[StoredFile]:
    """Return the files named by train before those by valid, test and no split; else in the given order."""
    ranks = {name: rank for rank, name in enumerate(SPLITS)}
    return sorted(files, key=lambda file: ranks.get(split_of_name(file.name) or "", len(SPLITS)))


def split_by_file_names(files: Sequence[StoredFile]) -> np.ndarray | None:
    """Return the split of each row, str N, as the files are named.

    Returns:
        None where no file is named by a split, or all by the same: mirrors call files train that nobody has split.

    Raises:
        InputError: some files are named by a split, others are not.
    """
    splits = [split_of_name(file.name) for file in files]
    if len(set(splits)) == 1:
        return None
    unnamed = next((file.path for file, split in zip(files, splits, strict=True) if split is None), None)
    if unnamed is not None:
        raise InputError(f"{unnamed} is named by no split, as other files are: name it train, valid or test, or set "
                         "data.test to hash, or data.split_column to a column")
    return np.repeat(np.array(splits), [file.rows for file in files])
