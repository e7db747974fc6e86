"""How many GPUs workers and tasks get, and whether there is room for them."""

import os

import pytest

from pipeline.cluster.resources import check_resources, gpus_per_worker
from pipeline.errors import InputError


@pytest.mark.parametrize(("asked", "here", "each_gets"), [(None, 0, 0), (None, 4, 1), (0, 4, 0), (1, 4, 1)])
def test_gpus_of_this_machine_are_used_unless_the_parameter_says_otherwise(cluster, asked, here, each_gets):
    asking = cluster.model_copy(update={"gpus_per_worker": asked})
    beside_a_cluster = asking.model_copy(update={"address": "auto"})
    assert gpus_per_worker(asking, (here, 0)) == gpus_per_worker(beside_a_cluster, (here, 0)) == each_gets


@pytest.mark.parametrize(("asked", "available", "each_gets"),
                         [(None, 4, 1), (0, 4, 0), (1, 4, 1), (0, 0, 0), (1, 0, 1)])
def test_gpus_of_the_cluster_are_used_or_waited_for(cluster, monkeypatch, asked, available, each_gets):
    import ray

    monkeypatch.setattr(ray, "cluster_resources",
                        lambda: {"CPU": 8.0} | ({"GPU": float(available)} if available else {}))
    assert gpus_per_worker(cluster.model_copy(update={"gpus_per_worker": asked, "address": "auto"})) == each_gets


def test_for_a_cluster_without_a_gpu_the_parameter_has_to_be_set(cluster, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 8.0})
    with pytest.raises(InputError, match="the Ray cluster at auto has no GPU now, and may start some when asked for; "
                                         "set cluster.gpus_per_worker to 1 to wait for GPUs, or to 0 to use CPUs"):
        gpus_per_worker(cluster.model_copy(update={"address": "auto"}))


def test_a_gpu_that_this_machine_does_not_have_is_refused(cluster):
    asking = cluster.model_copy(update={"gpus_per_worker": 1})
    with pytest.raises(InputError, match="gpus_per_worker is 1, but this machine has no GPU that torch can use; set"):
        gpus_per_worker(asking, (0, 2))
    with pytest.raises(InputError, match=", or set cluster.workers to train on the cluster$"):
        gpus_per_worker(asking.model_copy(update={"address": "auto"}), (0, 0))


@pytest.mark.parametrize(("here", "gpus"), [((0, 2), "2 GPUs"), ((0, 1), "1 GPU"), ((1, 1), ""), ((0, 0), "")])
def test_gpus_that_torch_cannot_use_are_warned_of(cluster, capsys, here, gpus):
    assert gpus_per_worker(cluster, here) == min(here[0], 1)
    warning = capsys.readouterr().err
    assert warning.startswith(f"warning: torch cannot use this machine's {gpus}, too old ") if gpus else not warning


def test_more_workers_than_cores_that_this_process_may_use_are_refused(cluster, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 1.0})
    monkeypatch.setattr("pipeline.cluster.connection.usable_cores", lambda: 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    with pytest.raises(InputError, match=r"^cluster.workers: 2 training workers need 2 CPUs instead of 1 that this "
                                         r"process may use here \(the machine has 8 CPUs\); take fewer, or set "):
        check_resources(cluster.model_copy(update={"workers": 2}), 2, gpus=0)
    with pytest.raises(InputError, match=r"^cluster.min_workers: 2 training workers need 2 CPUs"):
        check_resources(cluster.model_copy(update={"workers": 4, "min_workers": 2}), 2, gpus=0)


@pytest.mark.slow
def test_more_workers_than_gpus_are_refused_on_one_machine(cluster):
    import ray

    ray.init(address="local", num_cpus=8, num_gpus=2, logging_level="ERROR")  # only Ray believes in these GPUs
    try:
        check_resources(cluster, 2, gpus=1)
        with pytest.raises(InputError, match="4 training workers need 4 GPUs instead of 2 that this machine has; take "
                                             "fewer, .* or cluster.gpus_per_worker to 0 to train on CPUs"):
            check_resources(cluster, 4, gpus=1)
        with pytest.raises(InputError, match="9 training workers need 9 CPUs instead of 8 .*, or set cluster.address$"):
            check_resources(cluster, 9, gpus=0)
    finally:
        ray.shutdown()
