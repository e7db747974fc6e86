"""Maps over processes of this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import psutil
import pytest
import threadpoolctl

from pipeline.errors import InputError
from pipeline.parallel import in_copies_of_this_process, in_processes, in_this_process

MAPS = pytest.mark.parametrize("parallel_map", [in_this_process, in_processes(1), in_processes(2)],
                               ids=["in this process", "one", "two"])

SEVERAL_CORES = pytest.mark.skipif(sys.platform != "linux" or joblib.cpu_count() < 2,
                                   reason="copies need Linux and two cores")


def add(shared: int, item: int) -> int:
    return shared + item


def add_slowly_at_first(shared: int, item: int) -> int:
    time.sleep(0.3 if item == 0 else 0)
    return shared + item


def wait_and_add(shared: int, item: int) -> int:
    time.sleep(0.02)
    return shared + item


def refuse_three(shared: str, item: int) -> int:
    if item == 3:
        raise InputError(f"{shared} {item} is wrong")
    return item


def process_of(shared: None, item: int) -> int:
    time.sleep(0.1)
    return os.getpid()


ALL_MAPS = pytest.mark.parametrize(
    "parallel_map", [in_this_process, in_processes(1), in_processes(2), in_copies_of_this_process(0)],
    ids=["in this process", "one", "two", "copies"])


@ALL_MAPS
def test_results_come_in_the_order_of_the_items(parallel_map):
    assert list(parallel_map(add_slowly_at_first, 10, range(6))) == [10, 11, 12, 13, 14, 15]


@ALL_MAPS
def test_the_memory_of_a_call_changes_nothing_on_one_machine(parallel_map):
    assert list(parallel_map(add, 10, range(3), memory=lambda shared, item: 10**18)) == [10, 11, 12]


@ALL_MAPS
def test_no_items_give_no_results(parallel_map):
    assert list(parallel_map(add, 10, iter(()))) == []


@MAPS
def test_items_are_read_as_workers_come_free(parallel_map):
    read = []

    def items():
        for item in range(100):
            read.append(item)
            yield item

    results = parallel_map(wait_and_add, 0, items())
    assert next(results) == 0 and len(read) < 50
    assert list(results) == list(range(1, 100)) and len(read) == 100


@ALL_MAPS
def test_an_error_of_the_function_is_raised(parallel_map):
    with pytest.raises(InputError, match="^item 3 is wrong$"):
        list(parallel_map(refuse_three, "item", range(6)))


@ALL_MAPS
def test_an_error_of_the_items_is_raised(parallel_map):
    def items():
        yield 1
        raise InputError("no more items")

    with pytest.raises(InputError, match="^no more items$"):
        list(parallel_map(add, 0, items()))


def test_two_processes_work_at_a_time():
    assert os.getpid() not in list(in_processes(2)(process_of, None, range(6)))


@pytest.mark.parametrize(("items", "expected"), [(1, None), (2, 2), (3, 3), (9, 4)])
def test_there_are_no_more_processes_than_items(monkeypatch, items, expected):
    started = []

    class Pool:
        def __init__(self, n_jobs: int, **options):
            started.append(n_jobs)

        def __call__(self, calls):
            return (function(*arguments) for function, arguments, _ in calls)

    monkeypatch.setattr(joblib, "Parallel", Pool)
    assert list(in_processes(4)(add, 1, range(items))) == list(range(1, items + 1))
    assert started == ([] if expected is None else [expected])  # one item needs no other process


def test_one_process_is_this_one():
    assert in_processes(1) is in_this_process
    assert set(in_processes(1)(process_of, None, range(2))) == {os.getpid()}


@pytest.mark.parametrize(("cores", "here"), [(1, True), (3, False)])
def test_zero_is_one_process_per_core(monkeypatch, cores, here):
    monkeypatch.setattr(joblib, "effective_n_jobs", lambda count: cores if count == -1 else count)
    assert (in_processes(0) is in_this_process) == here


def give_up(shared: None, item: int) -> None:
    os._exit(1)


def threads_of(shared: None, item: int) -> set[int]:
    return {library["num_threads"] for library in threadpoolctl.threadpool_info()}


def parent_that_is_killed() -> None:
    """Run in a process of its own: its copies print their number, and wait."""
    list(in_copies_of_this_process(0)(print_and_wait, None, range(4)))


def print_and_wait(shared: None, item: int) -> None:
    os.write(1, f"{os.getpid()}\n".encode())
    time.sleep(60)


@SEVERAL_CORES
def test_copies_are_other_processes_with_one_thread_each():
    np.ones((2, 2)) @ np.ones((2, 2))  # the library of matrix products is loaded
    assert os.getpid() not in list(in_copies_of_this_process(0)(process_of, None, range(6)))
    assert list(in_copies_of_this_process(0)(threads_of, None, range(2))) == [{1}, {1}]


@SEVERAL_CORES
def test_a_lost_copy_is_an_error_and_does_not_wait_for_ever():
    with pytest.raises(InputError, match="^one of the 2 processes of this stage was killed, perhaps because memory is "
                                         ".* set cluster.processes to less than 2, and run"):
        list(in_copies_of_this_process(2)(give_up, None, range(3)))


def give_up_at_thirty(shared: None, item: int) -> int:
    time.sleep(0.02)
    if item == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_lost_process_is_an_error_and_what_was_done_before_is_returned():
    done = []
    with pytest.raises(InputError, match="^one of the 2 processes of this stage was killed, perhaps because memory is "
                                         "short; .* set cluster.processes to less than 2, .* goes on with what is"):
        for result in in_processes(2)(give_up_at_thirty, None, range(100)):
            done.append(result)
    assert done == list(range(len(done))) and 0 < len(done) <= 30


class Unreadable:
    def __reduce__(self):
        return int, ("not a number",)


def test_an_item_that_a_process_cannot_read_is_no_killed_process():
    with pytest.raises(Exception, match="un-serialize") as raised:
        list(in_processes(2)(process_of, None, [Unreadable(), Unreadable()]))
    assert not isinstance(raised.value, InputError)


@SEVERAL_CORES
def test_copies_are_as_many_as_asked_for():
    assert set(in_copies_of_this_process(1)(process_of, None, range(3))) == {os.getpid()}
    assert len(set(in_copies_of_this_process(3)(process_of, None, range(18)))) == 3


@SEVERAL_CORES
def test_copies_end_with_a_parent_that_is_killed():
    code = "from tests.test_parallel import parent_that_is_killed; parent_that_is_killed()"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                              cwd=Path(__file__).parents[1])
    copies = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    until = time.monotonic() + 10
    while any(psutil.pid_exists(copy) and psutil.Process(copy).status() != "zombie" for copy in copies):
        assert time.monotonic() < until, "a copy outlives its parent"
        time.sleep(0.05)


@SEVERAL_CORES
def test_ctrl_c_ends_copies_at_once_without_a_traceback():
    code = ("from pipeline.process import whole_process; from tests.test_parallel import parent_that_is_killed\n"
            "with whole_process(): parent_that_is_killed()")
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=Path(__file__).parents[1], start_new_session=True)
    for _ in range(2):
        parent.stdout.readline()
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does, which sends it to all
    try:
        _, said = parent.communicate(timeout=20)
    finally:
        parent.kill()
    assert (parent.returncode, said) == (1, "interrupted; run `dvc repro` again to go on\n")
