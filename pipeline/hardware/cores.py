"""The cores of this machine that this process may use, and whether trainings share them without waiting."""

import functools
import os
import sys

from pipeline.hardware import places
from pipeline.vocabulary import counted


def usable_cores() -> int:
    """Return the number of cores that this process may use: what a queue such as Slurm or `taskset` leaves it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def say_if_crowded(threads: int) -> None:
    """Say on stderr if trainings of this user have more threads than this process has cores.

    Nothing is changed: the number of threads decides how sums are rounded, so who else is at work must not decide it.
    From the first call on, this process counts as a training with so many threads, until it ends.

    Args:
        threads: That this process trains with.
    """
    try:
        others = places.take_threads(threads)
    except OSError:  # no folder for the locks: trainings do not see each other
        return
    cores, trainings, together = usable_cores(), 1 + len(others), threads + sum(others)
    if others and together > cores:
        print(f"warning: {trainings} trainings on this machine have {together} threads for {counted(cores, 'core')}, "
              "and wait for each other; it is faster to start each with "
              f"OMP_NUM_THREADS={max(1, cores // trainings)}, which changes results by rounding "
              "(docs/side-by-side.md)", file=sys.stderr)
