"""Which row of a table belongs to which image."""

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from pyarrow import compute

from pipeline.data.given_table import UNKNOWN, read_given_table, texts
from pipeline.errors import InputError
from pipeline.vocabulary import counted

_AMBIGUOUS = -1


class RowsOfImages:
    """A table that the user gives, with a row for each of N images: of nulls for an image that it does not list."""

    def __init__(self, path: Path, image_ids: Sequence[str]) -> None:
        """Read the table and find each image's row; see `read_given_table` and `rows_of_images` for errors."""
        self.path, self.image_ids = path, image_ids
        self.given = read_given_table(path)
        rows = rows_of_images(self.given.image_ids, image_ids, path)
        self.indices = pa.array(rows, mask=rows < 0)  # int64 N

    @property
    def names(self) -> list[str]:
        """The columns besides the one of ids."""
        return list(self.given.columns.column_names)

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Return some columns: N rows, null where a text is one of UNKNOWN."""
        columns = []
        for name in names:
            column = self.given.columns[name].take(self.indices)
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                column = compute.if_else(compute.is_in(column, pa.array(UNKNOWN, column.type)), None, column)
            columns.append(column)
        return pa.table(columns, list(names))

    def words(self, name: str, parameter: str) -> list[str]:
        """Return the column that a parameter names as N texts, "" where there is none."""
        return texts(self.given.column(name, parameter).take(self.indices))

    def notes(self) -> list[str]:
        """Say how many images and rows have no counterpart."""
        notes, missing = [], np.flatnonzero(self.indices.is_null().to_numpy(zero_copy_only=False))
        if len(missing):
            notes.append(f"{self.path} does not list {counted(len(missing), 'image')} of {len(self.image_ids):,}, "
                         f"first {self.image_ids[missing[0]]}: their values are unknown")
        unused = len(self.given.image_ids) - len(self.image_ids) + len(missing)
        if unused:
            notes.append(f"{self.path} lists {counted(unused, 'image')} that the data set does not have")
        return notes


def rows_of_images(named: Sequence[str], image_ids: Sequence[str], where: str | Path) -> np.ndarray:
    """Return the row of a table for each image, int64 N, and -1 for an image that no row names.

    A row names the image that has its id. If there is none, the row names the image with that file name; else the one
    with that id less the extension; else the one with that file name less the extension. Ids are compared in Unicode's
    form NFC, and a leading "./" does not count. Rows that name no image are left out.

    Args:
        named: M ids as the table has them, each once.
        image_ids: N, each once.
        where: the table's file, for messages.

    Raises:
        InputError: a row may mean several images, two rows name one image, or so few rows name an image that the table
            is hardly of these images: fewer than half of the rows, and of the images.
    """
    rows = np.full(len(image_ids), -1)
    images = [_composed(image_id) for image_id in image_ids]
    missing = [(_composed(name.removeprefix("./")), row) for row, name in enumerate(named)]
    for shortened in (str, _file_name, _without_extension, lambda image: _without_extension(_file_name(image))):
        by_name = _by_name(images, shortened)
        for name, row in missing:
            if name not in by_name:
                continue
            image = by_name[name]
            if image == _AMBIGUOUS:
                several = [image_id for image_id, key in zip(image_ids, images, strict=True) if shortened(key) == name]
                raise InputError(f"{where} has {named[row]}, which may be {several[0]} or {several[1]}: give the "
                                 "paths below data.root")
            if rows[image] >= 0:
                raise InputError(f"{where} has {named[rows[image]]} and {named[row]}, which are both the image "
                                 f"{image_ids[image]}: leave one row for each image")
            rows[image] = row
        missing = [(name, row) for name, row in missing if name not in by_name]
        if not missing:
            break
    found = int((rows >= 0).sum())
    if found * 2 < min(len(image_ids), len(named)):
        image_id, name = image_ids[int(np.argmin(rows))], named[missing[0][1]]
        raise InputError(f"{where} has {len(named):,} rows, and only {found:,} of them are of the {len(image_ids):,} "
                         f"images: it has {name}, which is no image, and lacks {image_id}; give the paths below "
                         "data.root, or file names, in its column image_id or its first")
    return rows


def _by_name(images: Sequence[str], shortened: Callable[[str], str]) -> dict[str, int]:
    """Return the image that has each shortened name, or _AMBIGUOUS."""
    found: dict[str, int] = {}
    for number, image in enumerate(images):
        name = shortened(image)
        found[name] = _AMBIGUOUS if name in found else number
    return found


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _file_name(image: str) -> str:
    return image.rsplit("/", 1)[-1]


def _without_extension(image: str) -> str:
    return image.removesuffix(PurePosixPath(image).suffix)
