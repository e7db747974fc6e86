"""A folder of image files: which it has, also in folders below it, and their bytes."""

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.data.picture import EXTENSIONS, REMEDY, read_file
from pipeline.errors import InputError, experiment_copy_hint

_CONTROL = re.compile("[\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]")  # line breaks and the like


@dataclass(frozen=True)
class FolderImages:
    """Images as files of one folder. An id is a path below it."""

    path: Path
    remedy: str = REMEDY  # what the user can do about a file that cannot be read: the end of a sentence

    def read(self, image_id: str) -> bytes:
        """Return the encoded bytes of one image; raises InputError if the file cannot be read."""
        return read_file(self.path / image_id, self.remedy)


class Found(NamedTuple):
    """The files below a folder."""

    image_ids: list[str]  # paths below the folder, with "/", sorted by their characters' code points
    others: Counter[str]  # number of files that are no images, by extension in lower case, "" for none


def find_images(root: Path) -> Found:
    """List the files below `root` whose extension is one of picture.EXTENSIONS, in either case.

    Files and folders whose name begins with "." are left out; so are the ._ files of macOS. Links are followed. A link
    that leads nowhere or to itself counts as a file.

    Raises:
        InputError: `root` is no folder; a folder cannot be read, or is reached twice by links; or a name is not in
            UTF-8 or holds a line break or another control character.
    """
    if not os.path.isdir(root):
        raise InputError(_no_folder(root))
    image_ids: list[str] = []
    others: Counter[str] = Counter()
    folders, seen = [""], {_identity(root): root}
    while folders:
        prefix = folders.pop()
        for entry in _entries(root / prefix):
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                _check_name(entry, root)
                first = seen.setdefault(_identity(Path(entry.path)), Path(entry.path))
                if first != Path(entry.path):
                    raise InputError(f"{first} and {entry.path} are one folder, by a link, so that its images would be "
                                     "there twice: take the link out")
                folders.append(f"{prefix}{entry.name}/")
                continue
            extension = os.path.splitext(entry.name)[1].lower()
            if extension in EXTENSIONS:
                _check_name(entry, root)
                image_ids.append(prefix + entry.name)
            else:
                others[extension] += 1
    return Found(sorted(image_ids), others)


def in_words(others: Counter[str]) -> str:
    """Return files that are no images for people, the most first: "12 .heic, 1 without extension"."""
    shown = [f"{count:,} {ascii(extension)[1:-1] or 'without extension'}" for extension, count in others.most_common(5)]
    return ", ".join(shown) + (", …" if len(others) > 5 else "")


def _no_folder(root: Path) -> str:
    if os.path.isfile(root):
        return f"{root} is a file, where data.root should be a folder of photographs: unpack it, or name its folder"
    return (f"{root} is not a folder: set data.root to the folder of the photographs"
            f"{experiment_copy_hint('give data.root as an absolute path')}")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(folder, error) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _identity(folder: Path) -> tuple[int, int]:
    try:
        status = folder.stat()
    except OSError as error:  # its path is too long
        raise _unreadable(folder, error) from error
    return status.st_dev, status.st_ino


def _unreadable(folder: Path, error: OSError) -> InputError:
    return InputError(f"{folder!s:.200} cannot be read ({error.strerror}): make it readable, or take it out")


def _check_name(entry: os.DirEntry[str], root: Path) -> None:
    """Raise InputError for a name that cannot stand in tables, shards and messages."""
    try:
        entry.name.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{ascii(entry.name)[1:-1]} in {ascii(os.path.dirname(entry.path))[1:-1]} is not named in "
                         "UTF-8: rename it") from error
    if _CONTROL.search(entry.name):
        raise InputError(f"{entry.name!a} in {root} has a line break or another control character in its name: "
                         "rename it")
