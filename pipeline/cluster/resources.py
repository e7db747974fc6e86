"""Which cores and GPUs workers and tasks get, and whether the cluster has them."""

import os
import sys

from pipeline.cluster.connection import cluster_address, cores_left_here
from pipeline.config.running import Cluster
from pipeline.errors import InputError


def gpus_per_worker(cluster: Cluster, here: tuple[int, int] | None = None) -> int:
    """Return how many GPUs a training worker gets, or a task that computes with a network: 0 or 1.

    This is cluster.gpus_per_worker. If that is null, it is 1 where there are GPUs, else 0.

    Args:
        cluster: where the work goes. If it goes to the Ray cluster, this process has to be connected to it.
        here: for work on this machine, how many of its GPUs torch can use, and how many it cannot.

    Raises:
        InputError: gpus_per_worker is null, and the cluster has no GPU now. It may start some when a worker asks for
            one, but Ray does not tell whether it would. Or gpus_per_worker is 1, and this machine has no GPU that torch
            can use.
    """
    asked = cluster.gpus_per_worker
    return gpus_of_cluster(cluster, asked) if here is None else gpus_of_this_machine(cluster, asked, *here)


def gpus_of_cluster(cluster: Cluster, asked: int | None) -> int:
    """Return the GPUs of a worker on the Ray cluster; see `gpus_per_worker`."""
    import ray

    available = ray.cluster_resources().get("GPU", 0)
    if asked is None and not available:
        raise InputError(f"the Ray cluster at {cluster_address(cluster)} has no GPU now, and may start some when asked "
                         "for; set cluster.gpus_per_worker to 1 to wait for GPUs, or to 0 to use CPUs")
    return 1 if asked is None else asked


def gpus_of_this_machine(cluster: Cluster, asked: int | None, usable: int, unusable: int) -> int:
    """Return the GPUs of a worker on this machine; see `gpus_per_worker`."""
    if asked and not usable:
        elsewhere = ", or set cluster.workers to train on the cluster" if cluster_address(cluster) else ""
        raise InputError("cluster.gpus_per_worker is 1, but this machine has no GPU that torch can use; set it to "
                         f"null or 0, or install a driver and a torch that fit the GPU{elsewhere}")
    if asked is None and not usable and unusable:
        gpus = "1 GPU" if unusable == 1 else f"{unusable} GPUs"
        print(f"warning: torch cannot use this machine's {gpus}, too old for it or with too old a driver, so "
              "the CPU is used; install a driver and a torch that fit", file=sys.stderr)
    return int(usable > 0) if asked is None else asked


def check_resources(cluster: Cluster, workers: int, gpus: int) -> None:
    """Check that there is room for workers of one core each.

    A cluster may grow. If it has no room now, a line on stderr says what is waited for.

    Args:
        cluster: where the workers go; this process has to be connected to it.
        workers: how many there are, at least: cluster.workers, or what cluster.min_workers says.
        gpus: how many GPUs each has.

    Raises:
        InputError: the workers are to run on this machine, which is too small.
    """
    import ray

    available = ray.cluster_resources()
    lacking = [f"{wanted:g} {name}s instead of {available.get(name, 0):g}" for name, wanted in (
        ("CPU", workers), ("GPU", workers * gpus)) if wanted > available.get(name, 0)]
    if lacking and not cluster_address(cluster):
        bound = cores_left_here()
        has = f"this process may use here (the machine has {os.cpu_count()} CPUs)" if bound else "this machine has"
        on_cpus = ", or cluster.gpus_per_worker to 0 to train on CPUs" if gpus else ""
        parameter = "cluster.workers" if workers == cluster.workers else "cluster.min_workers"
        raise InputError(f"{parameter}: {workers} training workers need {' and '.join(lacking)} that {has}; take "
                         f"fewer, or set cluster.address{on_cpus}")
    if lacking:
        print(f"waiting for nodes: {workers} workers need {' and '.join(lacking)} that the cluster has now",
              file=sys.stderr)
