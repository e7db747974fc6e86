"""Work spread over this process and over several; over a real cluster in test_two_nodes.py."""

import os
import re
import time

import pytest

from pipeline.cluster import placement
from pipeline.cluster.tasks import parallel_map, run_as_tasks
from pipeline.errors import InputError
from tests.two_nodes import free_port


def add(shared: int, item: int) -> tuple[int, int]:
    if item == 13:
        raise InputError("item 13 is unlucky; take another")
    return shared + item, os.getpid()


def test_results_come_in_order_from_this_process_or_from_several(cluster):
    with parallel_map(cluster) as here, parallel_map(cluster, processes=2) as spread:
        one, several = list(here(add, 10, range(6))), list(spread(add, 10, iter(range(6))))
    assert [value for value, _ in one] == [value for value, _ in several] == list(range(10, 16))
    assert {pid for _, pid in one} == {os.getpid()} and os.getpid() not in {pid for _, pid in several}


def test_items_are_read_as_they_are_needed(cluster):
    read = []
    with parallel_map(cluster) as spread:
        next(spread(add, 0, (read.append(item) or item for item in range(100))))
    assert read == [0]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_the_function_raises_is_raised(cluster, processes):
    with (parallel_map(cluster, processes) as spread,
          pytest.raises(InputError, match="^item 13 is unlucky; take another$")):
        list(spread(add, 0, [12, 13]))


def test_a_cluster_that_does_not_answer_is_one_sentence(cluster):
    for target in (f"127.0.0.1:{free_port()}", f"ray://127.0.0.1:{free_port()}"):
        sentence = f"no Ray cluster answers at {re.escape(target)} .*refused.*check cluster.address"
        elsewhere = cluster.model_copy(update={"address": target})
        with pytest.raises(InputError, match=sentence), parallel_map(elsewhere):
            pass


def when(shared: None, item: int) -> tuple[float, float]:
    began = time.monotonic()
    time.sleep(1)
    return began, time.monotonic()


def most_at_once(times: list[tuple[float, float]]) -> int:
    return max(sum(began <= moment < ended for began, ended in times) for moment, _ in times)


@pytest.mark.slow
def test_a_node_runs_as_many_tasks_as_it_has_memory_for(cluster, capfd, monkeypatch):
    import ray

    ray.init(address="local", num_cpus=4, _memory=1_000_000_000, logging_level="ERROR")
    try:
        list(run_as_tasks(cluster, False, when, None, range(4)))  # starts the workers
        assert most_at_once(list(run_as_tasks(cluster, False, when, None, range(8)))) == 4
        small = list(run_as_tasks(cluster, False, when, None, range(8), lambda shared, item: 0))
        half = list(run_as_tasks(cluster, False, when, None, range(6), lambda shared, item: 400_000_000 + item))
        assert most_at_once(small) == 4 and most_at_once(half) == 2
        assert "waiting for a node" not in capfd.readouterr().err
        monkeypatch.setattr(placement, "SAID_EVERY", 1.0)
        monkeypatch.setattr(placement, "PATIENCE", 2.5)
        with pytest.raises(InputError, match="with about 2 GB of memory, and none offers more than 1 GB, for 0 minutes "
                                             "now; add such a node"):
            list(run_as_tasks(cluster, False, when, None, [1, 1], lambda shared, item: 2_000_000_000 * item))
        assert capfd.readouterr().err.count("waiting for a node: a task needs a node") >= 2  # at once, after 1 s
    finally:
        ray.shutdown()
