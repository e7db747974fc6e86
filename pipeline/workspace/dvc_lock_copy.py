"""A copy of the last whole dvc.lock, which replaces one that DVC has left half written.

DVC writes dvc.lock in place. If it is killed meanwhile, half of the file is left, and DVC refuses to run. The copy lies
in .dvc/tmp. Stages that it does not know yet come back from DVC's run cache. A file that is damaged in another way,
such as by a merge, is left to DVC, which reports it.
"""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from pipeline.files.folder import Folder
from pipeline.files.yaml_file import parse_yaml
from pipeline.paths import DVC_LOCK

COPY = Path(".dvc/tmp/dvc.lock")


def keep_lock_whole(lock: Path = DVC_LOCK, copy: Path = COPY) -> None:
    """Copy a whole dvc.lock, or replace a half-written one by the copy.

    A half-written file is left alone while a `dvc` is at work, since that may be writing it just now.
    """
    if not lock.is_file():
        return
    if is_whole(lock):
        copy_whole_file(lock, copy)
    elif copy.is_file() and b"<<<<<<<" not in lock.read_bytes():
        with dvc_lock_held(copy.with_name("lock")) as is_held:
            if is_held and not is_whole(lock):
                damaged = copy.with_name("dvc.lock.damaged")
                shutil.copyfile(lock, damaged)
                copy_whole_file(copy, lock)
                print("dvc.lock was half written when DVC was killed; the last whole one replaces it, and the other "
                      f"is kept as {damaged}", file=sys.stderr)


def copy_whole_file(source: Path, target: Path) -> None:
    """Copy a file atomically. Several processes may do so at once."""
    Folder.of(target.parent).write(target.name, source.read_bytes())


@contextlib.contextmanager
def dvc_lock_held(lock: Path) -> Iterator[bool]:
    """Hold the lock by which DVC's processes exclude each other, and yield True. Yield False if another one holds it.

    Args:
        lock: DVC's file .dvc/tmp/lock.
    """
    from zc.lockfile import LockError, LockFile

    try:
        held = LockFile(str(lock))
    except LockError:
        yield False
        return
    try:
        yield True
    finally:
        held.close()


def is_whole(lock: Path) -> bool:
    """Return True if DVC can read a dvc.lock to its end."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    text = lock.read_bytes()
    try:
        read = COMPILED_LOCKFILE_SCHEMA(parse_yaml(text))
        files = [file for stage in read["stages"].values() for kind in ("deps", "outs") for file in stage.get(kind, [])]
    except (yaml.YAMLError, Invalid, KeyError, AttributeError, TypeError):
        return False
    return text.endswith(b"\n") and all(isinstance(file, dict) and file.get("path") for file in files)
