"""What lies in a project's DVC cache, and which results are links into it."""

import hashlib
import stat
from collections.abc import Iterable
from pathlib import Path

CACHE = Path(".dvc/cache/files/md5")


def harmed(project: Path) -> list[str]:
    """Return the files of the cache whose contents are no longer those after whose MD5 they are called."""
    files = [path for path in (project / CACHE).glob("??/*") if path.is_file()]
    assert files
    return sorted(str(path) for path in files
                  if hashlib.md5(path.read_bytes()).hexdigest() != path.parent.name + path.name.removesuffix(".dir"))


def is_link(project: Path, result: Path) -> bool:
    """Return whether a result is a hard link to the cache's file of its contents, and cannot be written."""
    md5 = hashlib.md5(result.read_bytes()).hexdigest()
    cached, own = (project / CACHE / md5[:2] / md5[2:]).stat(), result.stat()
    return own.st_ino == cached.st_ino and own.st_nlink >= 2 and stat.S_IMODE(own.st_mode) == 0o444


def bytes_on_disk(*folders: Path) -> int:
    """Return the disk that folders take together, each inode counted once, as `du` counts it."""
    stats = [path.stat() for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sum({(status.st_dev, status.st_ino): status.st_blocks * 512 for status in stats}.values())


def files_in(project: Path, outputs: Iterable[str]) -> list[Path]:
    """Return the files of a project's outputs, which are files or folders."""
    paths = [project / output for output in outputs]
    below = [path for output in paths for path in ([output] if output.is_file() else output.rglob("*"))]
    return [path for path in below if path.is_file()]
