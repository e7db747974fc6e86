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
    found: dict[str, Attributes] = {}
    left_out: dict[str, str] = {}
    fields = {field.name: field for file in files for field in file.schema if field.name not in others}
    for field in fields.values():
        if field.name.lower() in RESERVED:
            left_out[field.name] = "the shards have a column of this name"
        elif not _can_be_binary(field.type):
            left_out[field.name] = str(field.type)
        elif not all(field.name in file.schema.names for file in files):
            left_out[field.name] = "not in every file"
        else:
            column = _read_binary(files, field.name, image_ids, where)
            if column is None:
                left_out[field.name] = f"{field.type}, but not two values for yes and no"
            else:
                found[field.name] = column
    check_attribute_names(list(found), where)
    if not found:
        return no_attributes(len(image_ids)), left_out
    return Attributes(tuple(found), np.hstack([column.values for column in found.values()]),
                      np.hstack([column.known for column in found.values()])), left_out


def _can_be_binary(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
                                       pa.types.is_string, pa.types.is_large_string))


def _read_binary(files: Sequence[StoredFile], name: str, image_ids: np.ndarray, where: Path) -> Attributes | None:
    """Return one column as an attribute, or None if it is none."""
    table = read_columns(files, [name])
    if not is_binary(table.column(0)):
        return None
    read = binary_attributes(table, [name], image_ids, where)
    both = read.values.any() and (read.known & ~read.values).any()
    return read if both or pa.types.is_boolean(table.column(0).type) else None


def in_words(left_out: dict[str, str], where: Path) -> list[str]:
    """Return a note of the columns that are left out, or none."""
    columns = ", ".join(f"{name} ({why})" for name, why in left_out.items())
    return [f"columns of {where} that are taken for no attributes: {columns}"] if left_out else []
