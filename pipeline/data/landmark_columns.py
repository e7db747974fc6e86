"""From columns of a table to five landmarks per image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute

from pipeline.data.celeba_layout import LANDMARKS, POINTS
from pipeline.errors import InputError, did_you_mean


def landmark_columns(table: pa.Table, image_ids: Sequence[str], where: str | Path) -> np.ndarray:
    """Read the columns celeba_layout.LANDMARKS, `lefteye_x` to `rightmouth_y`; the table may have others.

    Args:
        table: N rows; the columns are numbers, or text of numbers.
        image_ids: N, for messages.
        where: the table's file, for messages.

    Returns:
        float32 N×5×2: x and y of POINTS, as the table has them: in pixels of the upright image.

    Raises:
        InputError: a column is missing or has what is no number, or an image has no landmarks.
    """
    columns = []
    for name in LANDMARKS:
        if name not in table.column_names:
            raise InputError(f"{where} has no column {name}{did_you_mean(name, table.column_names)}: landmarks are x "
                             f"and y of {', '.join(POINTS)}, in the columns {LANDMARKS[0]} … {LANDMARKS[-1]}")
        columns.append(_numbers(table[name], name, image_ids, where))
    landmarks = np.stack(columns, axis=1).reshape(-1, len(POINTS), 2)
    lacking = np.flatnonzero(np.isnan(landmarks).any(axis=(1, 2)))
    if len(lacking):
        name = LANDMARKS[int(np.argmax(np.isnan(landmarks[lacking[0]].ravel())))]
        raise InputError(f"{where} lacks landmarks of {len(lacking):,} of {len(image_ids):,} images, first {name} of "
                         f"{image_ids[lacking[0]]}: add them, take these images out, or set data.landmarks to "
                         "data/none and data.align to detect")
    return landmarks.astype(np.float32)


def _numbers(column: pa.ChunkedArray, name: str, image_ids: Sequence[str], where: str | Path) -> np.ndarray:
    """Return a column as float64 N, NaN where unknown."""
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    try:
        numbers = np.asarray(compute.cast(column, pa.float64(), safe=False).to_numpy(), np.float64)
    except pa.ArrowException as error:
        row, value = next(((row, value) for row, value in enumerate(column.to_pylist()) if not _is_number(value)),
                          (0, column.type))
        raise InputError(f"{where} has {value!r:.40} as {name} of {image_ids[row]}, which is not a number: give "
                         "pixels, with a decimal point if any") from error
    if np.isinf(numbers).any():
        image_id = image_ids[int(np.argmax(np.isinf(numbers)))]
        raise InputError(f"{where} has an infinite {name} of {image_id}: give pixels")
    return numbers


def _is_number(value: object) -> bool:
    try:
        return value is None or bool(compute.cast(pa.scalar(value), pa.float64(), safe=False).is_valid)
    except pa.ArrowException:
        return False
