"""Folders on local disk, NFS or in object storage, by path or URL."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

import pyarrow as pa
from pyarrow import fs

from pipeline.errors import InputError

ATTEMPTS = 5  # where another process deletes folders at the same moment


class File(NamedTuple):
    """A file in a folder. name: relative to the folder. size: in bytes. written: when, in seconds since the epoch; None
    where the storage does not tell."""

    name: str
    size: int
    written: float | None


@dataclass(frozen=True)
class Folder:
    """A folder and its files. Can be pickled, so that a worker elsewhere opens it for itself.

    location: a path, or a URL: file, s3, gs, abfs and hdfs by pyarrow, any other scheme by fsspec, whose package for
        it has to be installed. What follows a ? in a URL are pyarrow's options.
    Names of files may hold slashes. Raises InputError where the URL cannot be opened, OSError where the storage fails.
    """

    location: str

    @classmethod
    def of(cls, location: "str | Path | Folder") -> "Folder":
        return location if isinstance(location, Folder) else cls(str(location))

    def __str__(self) -> str:
        return self.location

    def __truediv__(self, name: str) -> "Folder":
        path, mark, options = self.location.partition("?" if "://" in self.location else "\0")
        separator = "" if path.endswith("/") else "/"
        return Folder(f"{path}{separator}{name}{mark}{options}")

    def __getstate__(self) -> dict:
        return {"location": self.location}

    @cached_property
    def opened(self) -> tuple[fs.FileSystem, str]:
        """pyarrow's file system, and the folder's path in it."""
        if "://" not in self.location:
            return fs.LocalFileSystem(), os.path.abspath(self.location)
        try:
            return fs.FileSystem.from_uri(self.location)
        except pa.ArrowInvalid as error:
            if "Unrecognized filesystem type" in str(error):  # not one of pyarrow's own
                return fsspec_filesystem(self.location)
            raise InputError(f"{self.location} cannot be opened: {str(error).splitlines()[0]}") from error
        except OSError as error:
            raise InputError(f"{self.location} cannot be opened ({str(error).splitlines()[0]}); check the name of the "
                             "bucket or host, and the credentials") from error

    @property
    def filesystem(self) -> fs.FileSystem:
        return self.opened[0]

    @property
    def is_local(self) -> bool:
        return isinstance(self.filesystem, fs.LocalFileSystem)

    def path(self, name: str = "") -> str:
        """The path of a file in `filesystem`."""
        return str(PurePosixPath(self.opened[1]) / name)

    def check(self) -> None:
        """InputError where the storage does not answer, or lets nobody in; the folder need not be there."""
        try:
            self.filesystem.get_file_info(self.path())
        except OSError as error:
            raise InputError(f"{self.location} cannot be reached ({str(error).splitlines()[0]}); check the name of the "
                             "bucket or host, and the credentials") from error

    def open(self, name: str) -> BinaryIO:
        """A file to read from anywhere in it. Raises FileNotFoundError."""
        return self.filesystem.open_input_file(self.path(name))

    def read(self, name: str) -> bytes:
        """All of a file. Raises FileNotFoundError."""
        with self.open(name) as file:
            return file.read()

    def write(self, name: str, data: bytes | memoryview | pa.Buffer) -> None:
        """Write a file, whole or not at all, replacing one that is there."""
        path = self.path(name)
        partial = f"{path}.{uuid.uuid4().hex}.part"  # another writer of the same has its own
        try:
            for attempt in range(ATTEMPTS):
                self.filesystem.create_dir(str(PurePosixPath(path).parent))
                try:
                    stream = self.filesystem.open_output_stream(partial)
                except FileNotFoundError:  # another process has deleted the folder, which was empty
                    if attempt == ATTEMPTS - 1:
                        raise
                else:
                    break
            with stream as file:
                file.write(data)
            if self.is_local:  # a machine may lose its power
                descriptor = os.open(partial, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
            self.filesystem.move(partial, path)
        except BaseException:
            with contextlib.suppress(OSError):
                self.filesystem.delete_file(partial)
            raise

    def has(self, name: str) -> bool:
        return self.filesystem.get_file_info(self.path(name)).type == fs.FileType.File

    def names(self, below: str = "") -> list[str]:
        """Files in the folder and below it, sorted; without those that are being written."""
        return sorted(file.name for file in self.files(below) if not file.name.endswith(".part"))

    def files(self, below: str = "") -> list[File]:
        """Files in the folder and below it, those too that are being written."""
        selected = fs.FileSelector(self.path(below), recursive=True, allow_not_found=True)
        for attempt in range(ATTEMPTS):
            try:
                found = self.filesystem.get_file_info(selected)
            except FileNotFoundError:  # another process has deleted a folder meanwhile
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                break
        start = len(self.path().rstrip("/")) + 1
        return [File(info.path[start:], info.size, info.mtime_ns and info.mtime_ns / 1e9)
                for info in found if info.type == fs.FileType.File]

    def folders(self) -> list[str]:
        """Names of the folders in it, sorted."""
        found = self.filesystem.get_file_info(fs.FileSelector(self.path(), allow_not_found=True))
        return sorted(info.base_name for info in found if info.type == fs.FileType.Directory)

    def remove(self, name: str = "") -> None:
        """Delete a file, or without a name the whole folder; what is not there is no error."""
        info = self.filesystem.get_file_info(self.path(name))
        if info.type == fs.FileType.Directory:
            self.filesystem.delete_dir(self.path(name))
        elif info.type == fs.FileType.File:
            self.filesystem.delete_file(self.path(name))

    def remove_if_empty(self) -> None:
        """Delete an empty folder on a disk; in object storage there are none."""
        if self.is_local:
            with contextlib.suppress(OSError):
                os.rmdir(self.path())

    def copy_from(self, local: Path, last: str = "", only: str = "") -> None:
        """Copy a local folder's files into this one, those that are here already excepted, the file `last` last.

        So a copy that has `last` is complete. only: a folder in it; what is beside that is not copied.
        """
        paths: Iterator[Path] = (path for path in sorted((local / only).rglob("*")) if path.is_file())
        names = [str(path.relative_to(local)) for path in paths]
        for name in sorted(names, key=lambda name: name == last):
            if not self.has(name):
                self.write(name, (local / name).read_bytes())


def fsspec_filesystem(location: str) -> tuple[fs.FileSystem, str]:
    import fsspec

    try:
        found, path = fsspec.core.url_to_fs(location)
    except (ValueError, ImportError) as error:
        raise InputError(f"nothing here can open {location} ({error}); install the fsspec package of its scheme, or "
                         "take a path, or a URL such as s3://bucket/folder") from error
    return fs.PyFileSystem(fs.FSSpecHandler(found)), path
