"""Folders on local disk, NFS or in object storage, by path or URL."""

import contextlib
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

import pyarrow as pa
from pyarrow import fs

from pipeline.errors import InputError
from pipeline.files.atomic import PART

ATTEMPTS = 5  # where another process deletes folders at the same moment
# pyarrow's names of file systems where a file appears when its last byte is stored, and not before: S3 and Google's.
# Azure is not among them, since pyarrow begins a file there by putting an empty one in the place of the old.
WRITTEN_WHOLE = ("s3", "gcs")


class File(NamedTuple):
    """A file in a folder."""

    name: str  # relative to the folder
    size: int  # in bytes
    written: float | None  # seconds since the epoch; None where the storage does not tell


@dataclass(frozen=True)
class Folder:
    """A folder and its files. Can be pickled, so that a worker elsewhere opens it for itself.

    Names of files may hold slashes. Methods raise InputError where the URL cannot be opened, and OSError where the
    storage fails.

    Attributes:
        location: a path, or a URL. pyarrow opens file, s3, gs, abfs and hdfs. fsspec opens any other scheme, if the
            scheme's package is installed. What follows a ? in a URL are pyarrow's options.
    """

    location: str

    @classmethod
    def of(cls, location: "str | Path | Folder") -> "Folder":
        """Return the folder at a path or URL; a folder is returned as it is."""
        return location if isinstance(location, Folder) else cls(str(location))

    def __str__(self) -> str:
        return self.location

    def __truediv__(self, name: str) -> "Folder":
        path, mark, options = self.location.partition("?" if "://" in self.location else "\0")
        separator = "" if path.endswith("/") else "/"
        return Folder(f"{path}{separator}{name}{mark}{options}")

    def __getstate__(self) -> dict[str, str]:
        return {"location": self.location}

    @cached_property
    def filesystem_and_path(self) -> tuple[fs.FileSystem, str]:
        """The file system of pyarrow, and the folder's path in it. It is opened at the first use."""
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
        """The file system of pyarrow that holds the folder."""
        return self.filesystem_and_path[0]

    @property
    def is_local(self) -> bool:
        """Whether the folder is on a disk of this machine, or mounted like one."""
        return isinstance(self.filesystem, fs.LocalFileSystem)

    def path(self, name: str = "") -> str:
        """Return the path of a file, or of the folder, in `filesystem`."""
        return str(PurePosixPath(self.filesystem_and_path[1]) / name)

    def check_reachable(self) -> None:
        """Raise InputError where the storage does not answer or refuses access; the folder need not exist."""
        try:
            self.filesystem.get_file_info(self.path())
        except OSError as error:
            raise InputError(f"{self.location} cannot be reached ({str(error).splitlines()[0]}); check the name of the "
                             "bucket or host, and the credentials") from error

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading from anywhere in it; raises FileNotFoundError."""
        return self.filesystem.open_input_file(self.path(name))

    def read(self, name: str) -> bytes:
        """Return all bytes of a file; raises FileNotFoundError."""
        with self.open(name) as file:
            return file.read()

    def write(self, name: str, data: bytes | memoryview | pa.Buffer) -> None:
        """Write a file whole or not at all, replacing the one that is there, and create its folder."""
        path = self.path(name)
        if self.filesystem.type_name in WRITTEN_WHOLE:  # there a move is a copy and a deletion
            with ThreadPoolExecutor(1) as thread:  # no Ctrl-C comes there: a stream that is dropped stores what it has
                thread.submit(self._write, path, data).result()
            return
        partial = f"{path}.{uuid.uuid4().hex}{PART}"  # another writer of the same file has its own
        try:
            self._write(partial, data)
            if self.is_local:  # the file shall survive a loss of power
                descriptor = os.open(partial, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
            self.filesystem.move(partial, path)
        except BaseException:
            with contextlib.suppress(OSError):
                self.filesystem.delete_file(partial)
            raise

    def _write(self, path: str, data: bytes | memoryview | pa.Buffer) -> None:
        """Write a file in the place where it is to be, and create its folder."""
        with self._open_for_writing(path) as file:
            file.write(data)

    def _open_for_writing(self, path: str) -> pa.NativeFile:
        """Create the folder of `path` and open the file, again where another process deletes the empty folder."""
        for _ in range(ATTEMPTS - 1):
            self.filesystem.create_dir(str(PurePosixPath(path).parent))
            with contextlib.suppress(FileNotFoundError):
                return self.filesystem.open_output_stream(path)
        self.filesystem.create_dir(str(PurePosixPath(path).parent))
        return self.filesystem.open_output_stream(path)

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return self.filesystem.get_file_info(self.path(name)).type == fs.FileType.File

    def names(self, below: str = "") -> list[str]:
        """Return the names of the files in the folder and below it, sorted, without those being written."""
        return sorted(file.name for file in self.files(below) if not file.name.endswith(PART))

    def files(self, below: str = "") -> list[File]:
        """Return the files in the folder and below it, with those being written.

        Args:
            below: only what lies in this folder of the folder; names stay relative to the folder itself.
        """
        selector = fs.FileSelector(self.path(below), recursive=True, allow_not_found=True)
        start = len(self.path().rstrip("/")) + 1
        return [File(info.path[start:], info.size, info.mtime_ns and info.mtime_ns / 1e9)
                for info in self._list(selector) if info.type == fs.FileType.File]

    def _list(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        """List what is selected, again where another process deletes a folder meanwhile."""
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(FileNotFoundError):
                return self.filesystem.get_file_info(selector)
        return self.filesystem.get_file_info(selector)

    def folders(self) -> list[str]:
        """Return the names of the folders directly in it, sorted."""
        entries = self.filesystem.get_file_info(fs.FileSelector(self.path(), allow_not_found=True))
        return sorted(info.base_name for info in entries if info.type == fs.FileType.Directory)

    def delete(self, name: str = "") -> None:
        """Delete a file, or without a name the whole folder; what does not exist is no error."""
        info = self.filesystem.get_file_info(self.path(name))
        if info.type == fs.FileType.Directory:
            self.filesystem.delete_dir(self.path(name))
        elif info.type == fs.FileType.File:
            self.filesystem.delete_file(self.path(name))

    def delete_if_empty(self) -> None:
        """Delete the folder if it is empty. Object storage has no empty folders, so nothing is done there."""
        if self.is_local:
            with contextlib.suppress(OSError):
                os.rmdir(self.path())

    def copy_missing_files_from(self, local: Path, last: str = "", below: str = "") -> None:
        """Copy those files of a local folder that are not here yet.

        Args:
            local: the folder to copy from.
            last: the file that is copied last, so that a copy that has it is complete.
            below: copy only what lies in this folder of `local`.
        """
        paths = (path for path in sorted((local / below).rglob("*")) if path.is_file())
        names = [str(path.relative_to(local)) for path in paths]
        for name in sorted(names, key=lambda name: name == last):
            if not self.has(name):
                self.write(name, (local / name).read_bytes())


def fsspec_filesystem(location: str) -> tuple[fs.FileSystem, str]:
    """Open a URL by fsspec: return the file system for pyarrow, and the path in it.

    Raises:
        InputError: no installed package opens this scheme.
    """
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(location)
    except (ValueError, ImportError) as error:
        raise InputError(f"nothing here can open {location} ({error}); install the fsspec package of its scheme, or "
                         "take a path, or a URL such as s3://bucket/folder") from error
    return fs.PyFileSystem(fs.FSSpecHandler(filesystem)), path
