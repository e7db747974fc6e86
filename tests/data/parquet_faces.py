"""Small Parquet files of images for tests."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])  # as the common mirrors have it


@cache
def encoded(number: int) -> bytes:
    """Return a PNG of 178×218 pixels that is different for each number below 256."""
    file = io.BytesIO()
    Image.new("RGB", (178, 218), (number, 255 - number, 9)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def faces(numbers, paths=True, **columns) -> pa.Table:
    """Return a table of the images `encoded(number)`, called 000001.png for number 1, with further columns."""
    image = [{"bytes": encoded(number), "path": f"{number:06d}.png" if paths else None} for number in numbers]
    return pa.table({"image": pa.array(image, IMAGE), **columns})


def write(path: Path, table: pa.Table, rows: int = 4, **options) -> Path:
    """Write a table in row groups of some rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=rows, **options)
    return path


def damage(path: Path, column: str) -> None:
    """Overwrite the page header of a column's first row group."""
    group = pq.read_metadata(path).row_group(0)
    chunk = next(group.column(number) for number in range(group.num_columns)
                 if group.column(number).path_in_schema == column)
    data = bytearray(path.read_bytes())
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data[start:start + 4] = b"\xff" * 4
    path.write_bytes(data)


def alternating(count: int) -> np.ndarray:
    """Return True, False, True, …; bool."""
    return np.arange(count) % 2 == 0
