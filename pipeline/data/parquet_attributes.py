"""Which columns of Parquet files with images are binary attributes."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.data.attribute_names import RESERVED, check_attribute_names
from pipeline.data.attributes import Attributes, no_attributes
from pipeline.data.binary_columns import binary_attributes, is_binary
from pipeline.data.parquet_files import StoredFile, read_columns


def own_attributes(files: Sequence[StoredFile], others: Collection[str | None], image_ids: np.ndarray, where: Path
                   ) -> tuple[Attributes, dict[str, str]]:
    """Read the columns that are binary attributes.

    A column of booleans is one. A column of numbers or text is one if `binary_columns` reads all of it, and both yes
    and no are in it: a constant says nothing, as the label of a mirror that has one class.

    Args:
        files: in the order of the rows.
        others: columns that mean something else: the images, the split, the person.
        image_ids: str N, of all rows, for messages.
        where: the folder or file, for messages.

    Returns:
        The attributes of N images, in the order of the columns; and column → why it is left out.

    Raises:
        InputError: an attribute has a name that cannot be used, or a file is damaged.
    """
    fields = {field.name: field.type for file in files for field in file.schema if field.name not in others}
    left_out = {name: why for name, kind in fields.items() if (why := _no_candidate(name, kind, files))}
    candidates = [name for name in fields if name not in left_out]
    table = read_columns(files, candidates) if candidates else pa.table({})
    for name in candidates:
        if not pa.types.is_boolean(table[name].type) and not _tells_two(table[name], image_ids):
            left_out[name] = f"{fields[name]}, but not two values for yes and no"
    names = [name for name in candidates if name not in left_out]
    check_attribute_names(names, where)
    attributes = binary_attributes(table, names, image_ids, where) if names else no_attributes(len(image_ids))
    return attributes, {name: left_out[name] for name in fields if name in left_out}


def _no_candidate(name: str, kind: pa.DataType, files: Sequence[StoredFile]) -> str | None:
    """Return why a column is no attribute, whatever its values are; None where it may be one."""
    if name.lower() in RESERVED:
        return "the shards have a column of this name"
    if not _can_be_binary(kind):
        return str(kind)
    return None if all(name in file.schema.names for file in files) else "not in every file"


def _can_be_binary(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
                                       pa.types.is_string, pa.types.is_large_string))


def _tells_two(column: pa.ChunkedArray, image_ids: np.ndarray) -> bool:
    """Return whether a column is binary, and both yes and no are in it."""
    if not is_binary(column):
        return False
    read = binary_attributes(pa.table({"": column}), [""], image_ids, "")
    return bool(read.values.any() and (read.known & ~read.values).any())


def in_words(left_out: dict[str, str], where: Path) -> list[str]:
    """Return a note of the columns that are left out, or none."""
    columns = ", ".join(f"{name} ({why})" for name, why in left_out.items())
    return [f"columns of {where} that are taken for no attributes: {columns}"] if left_out else []
