"""Running one function over many items, here or elsewhere.

Data, latents and evaluation take a `ParallelMap` and know neither Ray nor params.yaml. This file has the maps of this
machine; `pipeline.cluster.tasks` has that of a Ray cluster.
"""

import itertools
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol, TypeVar

from pipeline.errors import InputError
from pipeline.process import end_with_parent

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")


class ParallelMap(Protocol):
    """A way to run a function over items."""

    def __call__(self, function: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item], /,
                 memory: Callable[[Shared, Item], int] | None = None) -> Iterator[Result]:
        """Run function(shared, item) for every item, and return the results in the order of the items.

        Args:
            function: a function of a module, so that it can be pickled.
            shared: what every call needs; on a cluster it is sent once to each node.
            items: read as workers come free, so that together they may be larger than memory.
            memory: tells how many bytes an item's call takes beside `shared`; None where they are few. A cluster runs
                no more calls on a node than there is memory for.

        Raises:
            Exception: what `function` or `items` raises.
        """
        ...


def in_this_process(function: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item],
                    memory: Callable[[Shared, Item], int] | None = None) -> Iterator[Result]:
    """Run one item after the other in this process; see `ParallelMap`."""
    return (function(shared, item) for item in items)


def in_processes(count: int) -> ParallelMap:
    """Return a map over processes of this machine.

    Args:
        count: how many work at a time; 0 for one per core, 1 for this process. There are no more than items.

    The map raises InputError where a process was killed, as Linux does where memory is short. The results before that
    have been returned, so what a caller keeps of them it has.
    """
    if count == 1:
        return in_this_process
    import joblib

    available = joblib.effective_n_jobs(count or -1)

    from joblib.externals.loky.process_executor import TerminatedWorkerError

    def run(function: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item],
            memory: Callable[[Shared, Item], int] | None = None) -> Iterator[Result]:
        items = iter(items)
        first = list(itertools.islice(items, available))
        processes = max(1, min(available, len(first)))
        items = itertools.chain(first, items)
        del first  # else it would be held until the last result
        if processes == 1:
            yield from in_this_process(function, shared, items)
            return
        pool = joblib.Parallel(n_jobs=processes, max_nbytes=None, pre_dispatch=2 * processes, batch_size=1,
                               return_as="generator")
        try:
            yield from pool(joblib.delayed(function)(shared, item) for item in items)
        except TerminatedWorkerError as error:  # an argument that cannot be sent is a bug, and no lost process
            raise killed(processes) from error

    return in_this_process if available == 1 else run


def in_copies_of_this_process(count: int) -> ParallelMap:
    """Return a map over copies of this process, each with one thread.

    A copy begins with all that is loaded here, so it costs no imports. But it lacks this process's threads: call the
    map before anything has started some, such as reading Parquet or computing with torch. All items are read at once.
    Without Linux, or with one process, the items run in this process, with one thread too, and give the same bits.

    Args:
        count: how many work at a time; 0 for one per core. There are no more than items.

    The map raises InputError where a copy was killed, as Linux does where memory is short.
    """
    import joblib

    available = joblib.effective_n_jobs(count or -1)

    def run(function: Callable[[Shared, Item], Result], shared: Shared, items: Iterable[Item],
            memory: Callable[[Shared, Item], int] | None = None) -> Iterator[Result]:
        from threadpoolctl import threadpool_limits

        items = list(items)
        processes = min(available, len(items))
        if processes < 2 or sys.platform != "linux":
            with threadpool_limits(1):
                yield from in_this_process(function, shared, items)
            return
        with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), begin_copy) as pool:
            try:
                yield from pool.map(function, itertools.repeat(shared), items)
            except BrokenProcessPool as error:
                raise killed(processes) from error

    return run


def killed(processes: int) -> InputError:
    """Return the error of a process of this machine that was killed. processes: as many worked at a time."""
    return InputError(f"one of the {processes} processes of this stage was killed, perhaps because memory is short; "
                      f"free some, or set cluster.processes to less than {processes}, and run `dvc repro` again, "
                      "which goes on with what is kept")


def begin_copy() -> None:
    """Prepare a copy of a process: it has one thread, and ends with the process that made it, or at once on Ctrl-C."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as an exception, it would end one item, and the next would begin
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
