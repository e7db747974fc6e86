"""Which processes of this user are at work on this machine, and on what: a GPU, or some cores.

Each process at work holds an advisory lock (flock) on a file of its own, whose name begins with what the process uses.
The kernel lets the lock go when the process ends, however it ends, so that no place stays taken after a kill. Files
whose lock nobody holds are deleted by the next process that looks.

    <temporary folder>/face-vae-<user's number>/GPU-5f2c….x7k2q1      held by a process that computes on this GPU
                                                threads-4-ff.p0w9z3   held by a process that trains with 4 threads on
                                                                      the cores 0 to 7 (`cores`)

All clones and all experiments of a user on a machine see the same folder, as long as they have the same TMPDIR.
Processes of other users, and those of other programs, are not seen.
"""

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

CHOICE = ".choosing"   # the file whose lock is held while a process looks and chooses
PATIENCE = 10.0        # seconds to wait for another process's choice, which takes milliseconds

_held: list[int] = []  # open files whose locks this process holds until it ends


class Chosen(NamedTuple):
    """A place that this process has taken."""

    number: int  # of the place, in the order in which they were given
    others: int  # processes that had the same place already


def folder() -> Path:
    """Return the folder of the files, which is the same for all processes of a user on a machine."""
    return Path(tempfile.gettempdir()) / f"face-vae-{os.getuid()}"


def take_least_taken(places: Sequence[str]) -> Chosen:
    """Take one of several places, until this process ends: the first of those that the fewest processes have.

    Args:
        places: Names, at least one. They become beginnings of file names, so they have no "/" and no ".".

    Raises:
        OSError: The folder cannot be made or written, or is not this user's alone, or another process has been
            choosing for `PATIENCE` seconds.
    """
    with _choosing():
        taken = _taken()
        number = min(range(len(places)), key=lambda index: taken.count(places[index]))
        _hold(places[number])
        return Chosen(number, taken.count(places[number]))


def take(place: str) -> list[str]:
    """Take a place, until this process ends, whoever else has it. Return the places that were taken before.

    Args:
        place: A name, as in `take_least_taken`.

    Raises:
        OSError: See `take_least_taken`.
    """
    with _choosing():
        others = _taken()
        _hold(place)
        return others


def give_back() -> None:
    """Let all places of this process go; without this call they go when it ends."""
    while _held:
        os.close(_held.pop())


@contextlib.contextmanager
def _choosing() -> Iterator[None]:
    """Hold the lock of the choice for the length of the block, so that no two processes choose at once."""
    _make_own_folder()
    file = os.open(folder() / CHOICE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + PATIENCE
        while not _lock(file):
            if time.monotonic() > end:
                raise TimeoutError(f"another process holds {folder() / CHOICE}")
            time.sleep(0.01)
        yield
    finally:
        os.close(file)


def _make_own_folder() -> None:
    """Make the folder; raise PermissionError if what is there is a link, or others can write to it.

    Anyone can make a folder or a link of that name where all users have one temporary folder. Files in it are deleted.
    """
    folder().mkdir(mode=0o700, exist_ok=True)
    found = folder().lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{folder()} is not a folder of this user alone")


def _taken() -> list[str]:
    """Return the place of each process at work, this one's too, and delete the files of processes that have ended."""
    return [path.name.partition(".")[0] for path in folder().iterdir()
            if path.name != CHOICE and not _deleted_if_free(path)]


def _deleted_if_free(path: Path) -> bool:
    """Delete a file whose lock nobody holds, and return whether it was deleted."""
    file = os.open(path, os.O_RDWR)
    try:
        if free := _lock(file):
            path.unlink()
        return free
    finally:
        os.close(file)


def _hold(place: str) -> None:
    """Make a file for a place, and hold its lock. Programs that this process starts do not inherit it."""
    file, _ = tempfile.mkstemp(prefix=f"{place}.", dir=folder())
    _lock(file)
    _held.append(file)


def _lock(file: int) -> bool:
    """Lock an open file unless another process has; return whether it is locked now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
