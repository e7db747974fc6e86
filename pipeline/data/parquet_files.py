"""Parquet files with images: which there are, what their columns are, and where in them the images lie."""

import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.celeba_layout import is_web_page
from pipeline.errors import InputError, did_you_mean, experiment_copy_hint
from pipeline.files.hashes import sha256

AGAIN = "download it again"
DAMAGE = (OSError, UnicodeDecodeError, pa.ArrowException)  # what a reader of damaged files raises
MAGIC = b"PAR1"  # how a Parquet file begins and ends
GIT_LFS = b"version https://git-lfs"  # how the text begins that Git has in the place of a large file


class StoredFile(NamedTuple):
    """One Parquet file of images."""

    path: Path
    name: str  # below the folder, without suffix: "data/train-00000-of-00002"
    schema: pa.Schema
    metadata: pq.FileMetaData

    @property
    def rows(self) -> int:
        """How many images it holds."""
        return int(self.metadata.num_rows)


def open_files(root: Path) -> list[StoredFile]:
    """Read the footers of all Parquet files.

    Args:
        root: one file, or a folder of which all files *.parquet are taken, at any depth, but hidden ones (.… and _…).

    Returns:
        At least one file with at least one row, sorted by name.

    Raises:
        InputError: there is none, one is damaged or no Parquet file, or two are the same.
    """
    if root.is_dir():
        paths = sorted(path for path in root.rglob("*") if path.suffix.lower() == ".parquet" and not path.is_dir()
                       and not any(part.startswith((".", "_")) for part in path.relative_to(root).parts))
        if not paths:
            raise InputError(f"{root} holds no Parquet file (*.parquet): set data.root to the folder that does")
        names = [path.relative_to(root).with_suffix("").as_posix() for path in paths]
    elif root.exists():
        paths, names = [root], [root.stem]
    else:
        raise InputError(f"{root} is missing: set data.root to a Parquet file, or to a folder of such"
                         f"{experiment_copy_hint('give data.root as an absolute path')}")
    files = [_open(path, name) for path, name in zip(paths, names, strict=True)]
    if not any(file.rows for file in files):
        raise InputError(f"{root} holds no image: its Parquet files have no rows; {AGAIN}")
    files = [file for file in files if file.rows]
    _refuse_copies(files)
    return files


def _open(path: Path, name: str) -> StoredFile:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
            raise InputError(f"{path} is not a file: take it out")
        with open(path, "rb") as stream:
            begin = stream.read(1024)
        if not begin:
            raise InputError(f"{path} is empty (0 bytes): {AGAIN}")
        if is_web_page(begin):
            raise InputError(f"{path} is a web page (HTML), not a Parquet file: {AGAIN}")
        if begin.startswith(GIT_LFS):
            raise InputError(f"{path} is a pointer of Git LFS, not the file itself: fetch it with git lfs pull")
        if not begin.startswith(MAGIC):
            raise InputError(f"{path} is not a Parquet file, which begins with PAR1: {AGAIN}, or take it out")
        with pq.ParquetFile(path) as file:
            found = StoredFile(path, name, file.schema_arrow, file.metadata)
            rows = sum(file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups))
            if rows != found.rows:
                raise pa.ArrowInvalid(f"{found.rows:,} rows, but {rows:,} in the row groups")
    except DAMAGE as error:
        if isinstance(error, OSError) and error.strerror:
            raise InputError(f"{path} cannot be read ({error.strerror}): mend it or take it out") from error
        raise InputError(f"{path} ({status.st_size:,} bytes) is damaged or cut short, since its end cannot be read "
                         f"({one_line(error)}): {AGAIN}") from error
    repeated = [column for column, count in Counter(found.schema.names).items() if count > 1]
    if repeated:
        raise InputError(f"{path} has several columns called {repeated[0]!r}: rename or remove all but one")
    return found


def _refuse_copies(files: Sequence[StoredFile]) -> None:
    """Raise InputError where two files are the same: all images would be there twice."""
    seen: dict[tuple[int, int, int], StoredFile] = {}
    for file in files:
        key = (file.path.stat().st_size, file.rows, file.metadata.serialized_size)
        other = seen.setdefault(key, file)
        if other is not file and other.metadata.equals(file.metadata) and sha256(other.path) == sha256(file.path):
            raise InputError(f"{other.path} and {file.path} are the same, so their images would be taken twice: "
                             "take one of them out")


def image_column(files: Sequence[StoredFile]) -> str:
    """Return the leaf of the Parquet files that holds the encoded images: "image.bytes", or "image".

    It is in the one column that is a struct with a field `bytes`, or, if there is no such, the one binary column.

    Raises:
        InputError: there is none, there are several, or it is not in every file.
    """
    leaf = _image_column(files[0])
    for file in files[1:]:
        if leaf not in leaves(file):
            raise InputError(f"{file.path} has no column {leaf} of images, which {files[0].path} has: take out the "
                             "files that do not belong together, or name one folder of them in data.root")
    return leaf


def _image_column(file: StoredFile) -> str:
    structs = [field.name for field in file.schema if pa.types.is_struct(field.type)
               and field.type.get_field_index("bytes") >= 0 and _is_binary(field.type.field("bytes").type)]
    found = [f"{name}.bytes" for name in structs] or [field.name for field in file.schema if _is_binary(field.type)]
    if len(found) > 1:
        raise InputError(f"{file.path} has {len(found)} columns of images ({', '.join(found)}): remove all but one")
    if not found:
        columns = ", ".join(f"{field.name} ({field.type})" for field in list(file.schema)[:10])
        raise InputError(f"{file.path} has no column of images, which is a struct with a field bytes, or binary; it "
                         f"has {columns}{', …' if len(file.schema) > 10 else ''}; paths and links are not followed")
    return found[0]


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def leaves(file: StoredFile) -> dict[str, int]:
    """Return the columns without children: "image.path" → its number in the file."""
    schema = file.metadata.schema
    return {schema.column(number).path: number for number in range(len(schema))}


def read_columns(files: Sequence[StoredFile], names: Sequence[str]) -> pa.Table:
    """Read some columns of all files, one file after the other.

    Args:
        files: at least one.
        names: of columns, or of leaves: of "image.path", the bytes beside it are not read.

    Returns:
        A table of these columns; a leaf is a column of its own, named "image.path".

    Raises:
        InputError: a file lacks a column, has it in another type, or is damaged.
    """
    tables = []
    for file in files:
        for name in names:
            if name not in file.schema.names and name not in leaves(file):
                raise InputError(f"{file.path} has no column {name}, which the other files have"
                                 f"{did_you_mean(name, file.schema.names)}: mend it or take it out")
        tables.append(_read(file, names))
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(f"{files[0].path} and the files beside it have columns of different types "
                         f"({one_line(error)}): take out those that do not belong together") from error


def _read(file: StoredFile, names: Sequence[str]) -> pa.Table:
    try:
        with pq.ParquetFile(file.path, page_checksum_verification=True) as stored:
            table = stored.read(columns=list(names), use_threads=False)
            if table.num_rows != file.rows:
                raise pa.ArrowInvalid(f"{table.num_rows:,} rows instead of {file.rows:,}")
    except DAMAGE as error:
        raise InputError(f"{file.path} is damaged: its columns cannot be read ({one_line(error)}): "
                         f"{AGAIN}") from error
    leaf = [name for name in names if name not in table.column_names]
    for name in leaf:  # a struct of this field alone
        parent, child = name.rsplit(".", 1)
        table = table.append_column(name, pa.compute.struct_field(table.column(parent), child))
    return table.select(list(names)).replace_schema_metadata(None)


def one_line(error: Exception) -> str:
    """Return an error's words in one line of at most 160 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:159]}…"
