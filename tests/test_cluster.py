"""Work spread: here over processes; over a real cluster in test_two_nodes.py."""

import os

import pytest

from pipeline.cluster import address, connected, each, expect, gpus_each
from pipeline.config import load_params
from pipeline.errors import InputError
from tests import tiny
from tests.two_nodes import free_port


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return load_params(tiny.PARAMS).cluster


def add(shared: int, item: int) -> tuple[int, int]:
    if item == 13:
        raise InputError("item 13 is unlucky; take another")
    return shared + item, os.getpid()


def test_results_come_in_order_from_this_process_or_from_several(cluster):
    alone = list(each(add, 10, range(6), cluster))
    several = list(each(add, 10, iter(range(6)), cluster, processes=2))
    assert [value for value, _ in alone] == [value for value, _ in several] == list(range(10, 16))
    assert {pid for _, pid in alone} == {os.getpid()} and os.getpid() not in {pid for _, pid in several}


def test_items_are_read_as_they_are_needed(cluster):
    read = []
    results = each(add, 0, (read.append(item) or item for item in range(100)), cluster)
    next(results)
    assert read == [0]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_the_function_raises_is_raised(cluster, processes):
    with pytest.raises(InputError, match="^item 13 is unlucky; take another$"):
        list(each(add, 0, [12, 13], cluster, processes))


def test_the_address_is_the_parameter_or_rays_own_variable(cluster, monkeypatch):
    assert address(cluster) is None and address(None) is None
    monkeypatch.setenv("RAY_ADDRESS", "from-ray:1")
    assert address(cluster) == "from-ray:1" and address(None) is None
    assert address(cluster.model_copy(update={"address": "mine:2"})) == "mine:2"


@pytest.mark.parametrize(("asked", "here", "each_gets"), [(None, 0, 0), (None, 4, 1), (0, 4, 0), (1, 4, 1)])
def test_gpus_of_this_machine_are_used_where_nothing_else_is_said(cluster, asked, here, each_gets):
    asking = cluster.model_copy(update={"gpus_per_worker": asked})
    beside_a_cluster = asking.model_copy(update={"address": "auto"})
    assert gpus_each(asking, (here, 0)) == gpus_each(beside_a_cluster, (here, 0)) == each_gets


@pytest.mark.parametrize(("asked", "there", "each_gets"), [(None, 4, 1), (0, 4, 0), (1, 4, 1), (0, 0, 0), (1, 0, 1)])
def test_gpus_of_the_cluster_are_used_and_waited_for_where_asked(cluster, monkeypatch, asked, there, each_gets):
    import ray

    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0} | ({"GPU": float(there)} if there else {}))
    assert gpus_each(cluster.model_copy(update={"gpus_per_worker": asked, "address": "auto"})) == each_gets


def test_a_cluster_that_has_no_gpu_now_has_to_be_told(cluster, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0})
    with pytest.raises(InputError, match="the Ray cluster at auto has no GPU now, and may start some when asked for; "
                                         "set cluster.gpus_per_worker to 1 to wait for GPUs, or to 0 to use CPUs"):
        gpus_each(cluster.model_copy(update={"address": "auto"}))


def test_this_machine_is_not_promised_a_gpu_that_is_not_there(cluster):
    asking = cluster.model_copy(update={"gpus_per_worker": 1})
    with pytest.raises(InputError, match="gpus_per_worker is 1, but this machine has no GPU that torch can use; set"):
        gpus_each(asking, (0, 2))
    with pytest.raises(InputError, match=", or set cluster.workers to train on the cluster$"):
        gpus_each(asking.model_copy(update={"address": "auto"}), (0, 0))


def test_more_workers_than_gpus_are_refused_on_one_machine(cluster):
    import ray

    ray.init(address="local", num_cpus=8, num_gpus=2, logging_level="ERROR")  # GPUs that exist for Ray alone
    try:
        expect(cluster, 2, gpus=1)
        with pytest.raises(InputError, match="4 training workers need 4 GPUs instead of 2 that this machine has; take "
                                             "fewer, .* or cluster.gpus_per_worker to 0 to train on CPUs"):
            expect(cluster, 4, gpus=1)
        with pytest.raises(InputError, match="9 training workers need 9 CPUs instead of 8 .*, or set cluster.address$"):
            expect(cluster, 9, gpus=0)
    finally:
        ray.shutdown()


def test_a_cluster_that_is_not_there_is_one_sentence(cluster):
    for target in (f"127.0.0.1:{free_port()}", f"ray://127.0.0.1:{free_port()}"):
        with pytest.raises(InputError, match=f"no Ray cluster answers at {target} .*refused.*check cluster.address"):
            list(each(add, 0, [1], cluster.model_copy(update={"address": target})))


@pytest.mark.parametrize(("error", "sentence"), [
    (ConnectionError("timed out\nwith details"), "no Ray cluster answers at .* check cluster.address"),
    (RuntimeError("Version mismatch:\n  Ray: 2.1\n  Python: 3.9"), "cannot be used from here: .* Python: 3.9;"),
])
def test_what_ray_says_is_one_sentence(cluster, monkeypatch, error, sentence):
    """Two things that only another cluster shows."""
    import ray

    def refuse(**options):
        raise error

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(InputError, match=sentence) as found, connected(cluster.model_copy(update={"address": "auto"})):
        pass
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(("here", "said"), [((0, 2), "2 GPUs"), ((0, 1), "1 GPU"), ((1, 1), ""), ((0, 0), "")])
def test_gpus_that_torch_cannot_use_are_said(cluster, capsys, here, said):
    assert gpus_each(cluster, here) == min(here[0], 1)
    warning = capsys.readouterr().err
    assert warning.startswith(f"warning: torch cannot use this machine's {said}, too old ") if said else not warning
