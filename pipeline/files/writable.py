"""Whether a folder can be written, and how much is free there."""

import shutil
import tempfile
from pathlib import Path

from pipeline.errors import InputError


def refuse_unwritable(folder: str | Path, name: str) -> None:
    """Refuse a folder on this machine in which no file can be written. It need not exist, and is not made.

    Args:
        folder: its path.
        name: of the parameter that gives it, for the message: "cluster.storage".

    Raises:
        InputError: it, or the first folder above it that exists, is no folder, may not be written, or is full.
    """
    folder = Path(folder)
    try:
        there = existing(folder)
        if not there.is_dir():
            raise InputError(f"{name} is {folder}, but {there} is a file; give a folder")
        with tempfile.TemporaryFile(dir=there) as file:  # a try tells more than the permissions: read-only, full disks
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as error:
        raise InputError(f"{name} is {folder}, and nothing can be written there ({error.strerror}); give another "
                         "folder, or make it writable") from error


def free_bytes(folder: str | Path) -> int:
    """Return how much may be written to the disk of a folder, in bytes. The folder need not exist."""
    return shutil.disk_usage(existing(Path(folder))).free


def existing(path: Path) -> Path:
    """Return the path itself, or the first one above it that exists."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
