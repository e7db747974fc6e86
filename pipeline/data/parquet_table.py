"""Reading a table in Parquet that the user gives."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError

PARQUET = (".parquet", ".pq")


def read_parquet_table(path: Path) -> pa.Table:
    """Read a Parquet file, or all those below a folder, sorted by their paths. Categories become their values.

    Raises:
        InputError: a file is damaged or holds what is neither number nor text, or it has other columns than others.
    """
    parts = [path] if path.is_file() else sorted(
        part for part in path.rglob("*") if part.suffix.lower() in PARQUET and part.is_file() and
        not part.name.startswith((".", "_")))
    if not parts:
        raise InputError(f"{path} is a folder without .parquet files: name a table, .csv or .parquet")
    tables = []
    for part in parts:
        try:
            with pq.ParquetFile(part) as file:
                _check_types(file.schema_arrow, part)
                tables.append(_plain(file.read()))
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{part} is not a Parquet file, or it is damaged: write it again") from error
        if sorted(tables[-1].column_names) != sorted(tables[0].column_names):
            raise InputError(f"{part} has other columns than {parts[0]}: give all parts the same")
    if len(tables) == 1:
        return tables[0]
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(f"the parts of {path} have columns of other types ({' '.join(str(error).split())}): give all "
                         "parts the same") from error


def _plain(table: pa.Table) -> pa.Table:
    """Return the table without dictionaries, which pandas writes for categories."""
    fields = [pa.field(field.name, field.type.value_type) if pa.types.is_dictionary(field.type) else field
              for field in table.schema]
    return table.cast(pa.schema(fields))


def _check_types(schema: pa.Schema, path: Path) -> None:
    """Refuse bytes and nested columns, such as whole images, before they are read."""
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            raise InputError(f"{path} holds {field.type!s:.40} in the column {field.name}, which is neither number nor "
                             "text: leave this column out of the table")
