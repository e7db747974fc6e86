"""Writing a file or replacing a folder whole or not at all."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

PART = ".part"  # the suffix of files that are being written


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and move it onto `path` when the block ends without an error.

    Creates the folder. After an error `path` is as it was, and the temporary file is deleted.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PART}")  # another writer of the same has its own
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def replace_folder(folder: Path, new: Path) -> None:
    """Move the folder `new` into the place of `folder`, and delete what was there. Both lie on one disk."""
    old = new.with_name(f"{new.name}-old")
    if folder.exists():
        os.replace(folder, old)
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)
