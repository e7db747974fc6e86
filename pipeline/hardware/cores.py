"""The cores of this machine that this process may use, and whether trainings share them without waiting."""

import functools
import math
import os
import sys
from pathlib import Path

from pipeline.hardware import places
from pipeline.vocabulary import counted

KIND = "threads"  # of the places: threads-<how many>-<the cores, as a hexadecimal mask>


def core_numbers() -> frozenset[int]:
    """Return the numbers of the cores that this process may use: what a queue such as Slurm or `taskset` leaves it."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def usable_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the number of cores that this process may use.

    A container may have a share of all cores' time instead of cores of its own: then it is that share, rounded up.
    """
    return min(len(core_numbers()), _cores_of_container(cgroup) or sys.maxsize)


def _cores_of_container(cgroup: Path) -> int | None:
    """Return for how many cores a container has time, or None if it has no limit."""
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):  # control groups, versions 2 and 1
        try:
            quota, period = map(int, " ".join((cgroup / name).read_text() for name in names).split())
        except (OSError, ValueError):  # there is no such file, or its quota is "max"
            continue
        if quota > 0:
            return math.ceil(quota / period)
    return None


@functools.cache
def say_if_crowded(threads: int) -> None:
    """Say on stderr if trainings of this user have more threads than cores.

    Only trainings count that may use a core which this one may use too. Nothing is changed: the number of threads
    decides how sums are rounded, so who else is at work must not decide it. From the first call on, this process counts
    as a training with so many threads, until it ends.

    Args:
        threads: That this process trains with.
    """
    here = core_numbers()
    try:
        places_of_others = places.take(f"{KIND}-{threads}-{sum(1 << core for core in here):x}")
    except OSError:  # no folder for the locks: trainings do not see each other
        return
    trainings, together, cores = 1, threads, here
    for _, number, mask in (place.split("-") for place in places_of_others if place.startswith(f"{KIND}-")):
        theirs = {core for core in range(int(mask, 16).bit_length()) if int(mask, 16) >> core & 1}
        if theirs & here:
            trainings, together, cores = trainings + 1, together + int(number), cores | theirs
    if trainings > 1 and together > len(cores):
        print(f"warning: {trainings} trainings on this machine have {together} threads for "
              f"{counted(len(cores), 'core')}, and wait for each other; it is faster to start each with "
              f"OMP_NUM_THREADS={max(1, len(cores) // trainings)}, which changes results by rounding "
              "(docs/side-by-side.md)", file=sys.stderr)
