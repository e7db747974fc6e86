"""What a command takes of time, of memory and of disk, with all its processes."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY = 0.25  # seconds between two looks at the processes


@dataclass
class Used:
    """What one or several runs of a command took."""

    seconds: float = 0
    cpu_seconds: float = 0  # of all processes, user and system
    memory: int = 0         # bytes of all processes together at their highest, with pages that they share counted once
    disk: int = 0           # bytes that are more on the disk afterwards, by the runs that were not interrupted
    runs: int = 0           # more than one where it was interrupted
    done: bool = False

    def plus(self, other: "Used") -> "Used":
        """Return both together; `other` is the later one."""
        return Used(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds,
                    max(self.memory, other.memory), self.disk + other.disk, self.runs + other.runs, other.done)


class Processes:
    """Looks at a process and all that it starts."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.seconds: dict[tuple[int, float], float] = {}  # CPU, by process and the time of its start
        self.memory = 0

    def look(self) -> None:
        """Add up what there is now."""
        memory = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in (self.root, *self.root.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess, OSError):
                    times = process.cpu_times()
                    self.seconds[process.pid, process.create_time()] = times.user + times.system
                    memory += proportional_memory(process)
        self.memory = max(self.memory, memory)


def proportional_memory(process: psutil.Process) -> int:
    """Return the bytes of memory of a process, in which a page that n processes share counts as an nth of it.

    Where the system does not tell, as in some sandboxes, such a page counts once for each process.
    """
    try:
        with open(f"/proc/{process.pid}/smaps_rollup") as file:
            return next((1024 * int(line.split()[1]) for line in file if line.startswith("Pss:")), 0)
    except FileNotFoundError:
        return int(process.memory_info().rss)


def measure(command: Sequence[str | Path], folder: Path, so_far: Callable[[Used], None], adds_to: Path) -> Used:
    """Run a command, and return what it took.

    Args:
        command: and its arguments. Its output goes where that of this process goes.
        folder: where it runs.
        so_far: gets what it has taken until now, every few seconds, so that it is known if all is killed.
        adds_to: a folder; what the command adds to the disk is looked for there.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    before, began, told = bytes_on_disk(adds_to), time.monotonic(), 0.0
    started = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)
    processes, waited = Processes(started.pid), 0.0
    try:
        while True:
            processes.look()
            ended, status, resources = os.wait4(started.pid, os.WNOHANG)
            used = Used(time.monotonic() - began, sum(processes.seconds.values()), processes.memory, 0, 1)
            if ended:
                started.returncode = os.waitstatus_to_exitcode(status)
                waited = resources.ru_utime + resources.ru_stime
                break
            if used.seconds - told > 5:
                so_far(used)
                told = used.seconds
            time.sleep(EVERY)
    finally:
        if started.returncode is None:
            started.terminate()
            started.wait()
    if started.returncode:
        raise subprocess.CalledProcessError(started.returncode, [str(part) for part in command])
    # A process between two looks is in the first only if its parent waited for it, and in the second only if not.
    used.cpu_seconds = max(used.cpu_seconds, waited)
    used.disk, used.done = bytes_on_disk(adds_to) - before, True
    return used


def bytes_on_disk(folder: Path) -> int:
    """Return how many bytes the files of a folder take on the disk; a file with several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for entry in walk(folder):
        with contextlib.suppress(FileNotFoundError):
            found = entry.stat(follow_symlinks=False)
            seen[found.st_dev, found.st_ino] = 512 * found.st_blocks
    return sum(seen.values())


def walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all files below a folder."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from walk(Path(entry.path))
            else:
                yield entry
