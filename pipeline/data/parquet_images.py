"""Images in Parquet files by id: read in place, block by block, in bounded memory."""

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.parquet_files import DAMAGE, StoredFile, one_line
from pipeline.errors import InputError

BLOCK_BYTES = 32 * 2 ** 20  # of images that are held at once, about
BLOCK_ROWS = 1024  # at most
BUFFER_BYTES = 2 ** 20  # in which a file is read


class RowGroup(NamedTuple):
    """A row group of a Parquet file, which is read from its first row on."""

    path: Path
    number: int  # in its file
    rows: int
    block_rows: int  # how many rows are read at once


class Block(NamedTuple):
    """Some images of a row group that follow each other."""

    group: int
    start: int  # row of its first image in the group
    values: pa.Array  # binary
    rest: Iterator[pa.RecordBatch]  # what follows in the group


class ParquetImages:
    """Images of Parquet files.

    A file is read as a stream. Reading rows in the order in which they are stored reads each row group once; a step
    back begins its row group again, unless the row is in the block that was read last. `passes` counts that. The
    block (some BLOCK_BYTES, or one image if that is larger) and one open file are held between calls; neither is
    pickled. Threads take turns.
    """

    _turn: threading.Lock
    _block: Block | None
    _file: tuple[Path, pq.ParquetFile] | None
    _failed: dict[int, tuple[int, str]]  # by row group: from which row on it cannot be read, and why

    def __init__(self, path: Path, files: Sequence[StoredFile], leaf: str, image_ids: np.ndarray) -> None:
        """Index the images.

        Args:
            path: the folder or file, for messages.
            files: in the order of the rows.
            leaf: "image.bytes" or "image", of `parquet_files.image_column`.
            image_ids: str N, of all rows of all files.
        """
        self.path, self._leaf = path, leaf
        self._row_of = {image_id: row for row, image_id in enumerate(image_ids.tolist())}
        self._groups = [group for file in files for group in _row_groups(file)]
        self._starts = np.cumsum([0] + [group.rows for group in self._groups])[:-1].tolist()
        self._forget()

    def read(self, image_id: str) -> bytes:
        """Return the encoded bytes of one image.

        Raises:
            InputError: the file is damaged there, or the image is null.
            KeyError: there is no such image.
        """
        row = self._row_of[image_id]
        group = bisect_right(self._starts, row) - 1
        with self._turn:
            value: bytes | None = self._value(group, row - self._starts[group], image_id)
        if value is None:
            raise InputError(f"{image_id} in {self.path} has no image, only a null (paths are not "
                             "followed): take the row out, or write the file with the images' bytes")
        return value

    def passes(self, rows: np.ndarray) -> float:
        """Return how often a row group would be read, on average, to read these rows in this order.

        Args:
            rows: int M, of all rows of all files.
        """
        group = np.searchsorted(self._starts, rows, side="right") - 1
        block = (rows - np.array(self._starts)[group]) // np.array([each.block_rows for each in self._groups])[group]
        begun = (np.diff(group) != 0) | (np.diff(block) < 0)
        return (1 + int(begun.sum())) / len(self._groups)

    def _value(self, group: int, row: int, image_id: str) -> Any:
        failed = self._failed.get(group)
        if failed is not None and row >= failed[0]:
            raise self._error(group, image_id, failed[1])
        block = self._block
        try:
            if block is None or block.group != group or row < block.start:
                block = self._begin(group)
            while row >= block.start + len(block.values):
                start = block.start + len(block.values)
                self._block = block = Block(group, start, _binary(next(block.rest)), block.rest)
        except (*DAMAGE, StopIteration) as error:
            start = 0 if block is None or block.group != group else block.start + len(block.values)
            reason = one_line(error) if not isinstance(error, StopIteration) else "the rows end too early"
            self._failed[group], self._block = (start, reason), None
            raise self._error(group, image_id, reason) from error
        return block.values[row - block.start].as_py()

    def _begin(self, group: int) -> Block:
        """Return an empty block before the first row of a row group."""
        place = self._groups[group]
        if self._file is None or self._file[0] != place.path:
            # Without pre_buffer, of a row group only what is needed is in memory.
            self._file = (place.path, pq.ParquetFile(place.path, buffer_size=BUFFER_BYTES, pre_buffer=False,
                                                     page_checksum_verification=True))
        rest = self._file[1].iter_batches(place.block_rows, [place.number], [self._leaf], use_threads=False)
        return Block(group, 0, pa.array([], pa.binary()), rest)

    def _error(self, group: int, image_id: str, reason: str) -> InputError:
        place = self._groups[group]
        return InputError(f"{image_id} cannot be read, since {place.path} is damaged in row group {place.number} "
                          f"({reason}): download the file again")

    def _forget(self) -> None:
        self._turn = threading.Lock()
        self._block, self._file, self._failed = None, None, {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: no lock, no open file, no images."""
        return {name: value for name, value in vars(self).items()
                if name not in ("_turn", "_block", "_file", "_failed")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled."""
        vars(self).update(state)
        self._forget()


def _row_groups(file: StoredFile) -> Iterator[RowGroup]:
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        if group.num_rows:  # images are nearly all of it, and a damaged column's own size ends the process in pyarrow
            image_bytes = max(1, group.total_byte_size // group.num_rows)
            yield RowGroup(file.path, number, group.num_rows, min(BLOCK_ROWS, max(1, BLOCK_BYTES // image_bytes)))


def _binary(batch: pa.RecordBatch) -> pa.Array:
    """Return the images of a batch, out of their struct."""
    values = batch.column(0)
    return values.flatten()[0] if pa.types.is_struct(values.type) else values
