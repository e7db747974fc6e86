"""From columns of a table to binary attributes: booleans, 0 and 1, −1 and 1, yes and no, with unknown values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.data.attributes import Attributes
from pipeline.errors import InputError, did_you_mean

ALLOWED = "0 and 1, -1 and 1, true and false, or yes and no"
REMEDY = "mend it or leave the column out"

# Text in lower case, without spaces around it → number; text of a number is that number.
_IN_WORDS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0} | dict.fromkeys(
    ("", "na", "n/a", "<na>", "#n/a", "#na", "nan", "-nan", "null", "none"), np.nan)  # what pandas takes for unknown
_NEITHER = np.inf  # stands for what is no yes, no no and not unknown


def binary_attributes(table: pa.Table, names: Sequence[str], image_ids: np.ndarray, where: str | Path) -> Attributes:
    """Read columns of a table as attributes.

    A column holds booleans, integers, floats or text. Numbers are 0 and 1, or −1 and 1; one of the three alone is
    clear, too. Text is true and false, yes and no or such a number, in any case. Null, NaN, empty text and NA or
    null in text mean that the value is unknown.

    Args:
        table: N rows.
        names: of K columns of the table.
        image_ids: str N, the image of each row, for messages.
        where: the table's file, for messages.

    Returns:
        The attributes of N images, named and ordered as `names`.

    Raises:
        InputError: a column is missing or is there twice, holds another value, or holds both 0 and −1, so that it is
            not clear which of them means no. The message names the column, the image and the value.
    """
    values = np.zeros((table.num_rows, len(names)), bool)
    known = np.zeros_like(values)
    for column, name in enumerate(names):
        numbers = _numbers(_column(table, name, where))
        if numbers is None:
            raise InputError(f"{where}: column {name!r} holds {table.schema.field(name).type}, where an attribute has "
                             f"{ALLOWED}: {REMEDY}")
        _check(numbers, table, name, image_ids, where)
        values[:, column], known[:, column] = numbers == 1, ~np.isnan(numbers)
    return Attributes(tuple(names), values, known)


def is_binary(column: pa.ChunkedArray) -> bool:
    """Return whether `binary_attributes` reads a column, and at least one of its values is known."""
    numbers = _numbers(column)
    return numbers is not None and not _is_neither(numbers).any() and not _is_ambiguous(numbers) \
        and not bool(np.isnan(numbers).all())


def _column(table: pa.Table, name: str, where: str | Path) -> pa.ChunkedArray:
    found = table.schema.get_all_field_indices(name)
    if not found:
        raise InputError(f"{where} has no column {name!r}{did_you_mean(name, table.column_names)}; "
                         f"it has {', '.join(table.column_names) or 'none'}")
    if len(found) > 1:
        raise InputError(f"{where} has {len(found)} columns {name!r}: rename or remove all but one")
    return table.column(found[0])


def _numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    """Return a column as float64 N, NaN where unknown, _NEITHER where a text is no number; None for another type."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(kind):
        return np.asarray(column.cast(pa.int8()).cast(pa.float64()).to_numpy(), np.float64)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), np.float64)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        encoded = column.combine_chunks().dictionary_encode()
        of_text = np.array([_number(text) for text in encoded.dictionary.to_pylist()] + [np.nan])
        return np.asarray(of_text[encoded.indices.fill_null(-1).to_numpy()])
    return None


def _number(text: str) -> float:
    word = text.strip().lower()
    if word in _IN_WORDS:
        return _IN_WORDS[word]
    try:
        return float(word)
    except ValueError:
        return _NEITHER


def _is_neither(numbers: np.ndarray) -> np.ndarray:
    """Return where a value is known and none of −1, 0 and 1: bool N."""
    return ~(np.isnan(numbers) | (numbers == 1) | (numbers == 0) | (numbers == -1))


def _is_ambiguous(numbers: np.ndarray) -> bool:
    return bool((numbers == 0).any() and (numbers == -1).any())


def _check(numbers: np.ndarray, table: pa.Table, name: str, image_ids: np.ndarray, where: str | Path) -> None:
    """Raise InputError where a column holds a value that is not allowed. numbers: float64 N, of `_numbers`."""
    neither = np.flatnonzero(_is_neither(numbers))
    if len(neither):
        value: Any = table.column(name)[int(neither[0])].as_py()
        more = "" if len(neither) == 1 else f" (and {len(neither) - 1:,} more such values)"
        raise InputError(f"{where}, column {name!r}: {image_ids[neither[0]]} has {_excerpt(value)}{more}, where an "
                         f"attribute has {ALLOWED}: {REMEDY}")
    if _is_ambiguous(numbers):
        zero, minus = image_ids[np.argmax(numbers == 0)], image_ids[np.argmax(numbers == -1)]
        raise InputError(f"{where}, column {name!r}: {zero} has 0 and {minus} has -1, and it is not clear which of "
                         "them means no (an unknown value is left empty): mend it or leave the column out")


def _excerpt(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
