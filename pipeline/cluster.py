"""The Ray cluster that a run is given, and independent work spread over it; without one, over this machine's cores.

Work is spread as Ray tasks and not through joblib's Ray backend, which survives lost workers and nodes too: but its
pool of actors, which hold no core while they run, was found on one node of two, and stays where it is when nodes come.
"""

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pipeline.config import Cluster
from pipeline.errors import InputError

Item, Result = TypeVar("Item"), TypeVar("Result")


def address(cluster: Cluster | None) -> str | None:
    """Of the Ray cluster: cluster.address, else RAY_ADDRESS, which Ray sets in its jobs; None: this machine."""
    return cluster and (cluster.address or os.environ.get("RAY_ADDRESS") or None)


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[None]:
    """Connected to Ray: to the cluster, or to one that is started on this machine and ends with the block.

    Workers get this project's package from here. A connection that there is already stays. Raises InputError where the
    cluster does not answer or refuses.
    """
    import ray
    import ray.exceptions

    if ray.is_initialized():  # by whoever calls this
        yield
        return
    package = Path(__file__).resolve().parent
    target = address(cluster)
    if target:
        check_port(target)
    try:
        ray.init(address=target or "local", logging_level=logging.ERROR, log_to_driver=True,
                 runtime_env={"py_modules": [str(package)], "excludes": ["__pycache__"],
                              # a task that asks for no GPU shall not see one
                              "env_vars": {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}} if target else None)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, ray.exceptions.RayError) as error:
        if not target:
            raise
        if "AuthToken" in f"{error} {error.__cause__}" or isinstance(error, ray.exceptions.AuthenticationError):
            raise InputError(f"the Ray cluster at {target} refused this machine's token; set RAY_AUTH_MODE=token and "
                             "copy the head's ~/.ray/auth_token here, or give it in RAY_AUTH_TOKEN") from error
        why = " ".join(str(error).split())[:400]
        if isinstance(error, ConnectionError | TimeoutError):
            raise no_answer(target, why) from error
        raise InputError(f"the Ray cluster at {target} cannot be used from here: {why}; its nodes and this machine "
                         "need the Ray of requirements.lock and the same Python") from error
    try:
        yield
    finally:
        ray.shutdown()


def check_port(target: str) -> None:
    """InputError where nothing listens at host:port or ray://host:port; Ray would try for a quarter of an hour."""
    host, _, port = target.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError as error:
            raise no_answer(target, str(error)) from error


def no_answer(target: str, why: str) -> InputError:
    return InputError(f"no Ray cluster answers at {target} ({why}); check cluster.address and RAY_ADDRESS, or set "
                      "cluster.address to null")


def kept_connected(cluster: Cluster | None) -> contextlib.AbstractContextManager[None]:
    """For several `each` one after the other: one connection for all, where there is a cluster; else nothing."""
    return connected(cluster) if address(cluster) else contextlib.nullcontext()


def gpus_each(cluster: Cluster, here: tuple[int, int] | None = None) -> int:
    """How many GPUs a training worker gets, or a task that computes with a network: 0 or 1.

    That is what cluster.gpus_per_worker says; where it is null, 1 where there are GPUs, else 0. To be called while
    connected to the cluster, if the work goes there; `here`, for work on this machine: how many of its GPUs torch can
    use, and how many it cannot. Raises InputError where it is null and a cluster has no GPU: the cluster may start some
    when a worker asks for one, and Ray does not tell whether it would. Also where it is 1, and this machine, without a
    cluster, has no GPU that torch can use.
    """
    asked, target = cluster.gpus_per_worker, address(cluster)
    if here is None:
        import ray

        there = ray.cluster_resources().get("GPU", 0)
        if asked is None and not there:
            raise InputError(f"the Ray cluster at {target} has no GPU now, and may start some when asked for; set "
                             "cluster.gpus_per_worker to 1 to wait for GPUs, or to 0 to use CPUs")
    else:
        there, unusable = here
        if asked and not there:
            elsewhere = ", or set cluster.workers to train on the cluster" if address(cluster) else ""
            raise InputError("cluster.gpus_per_worker is 1, but this machine has no GPU that torch can use; set it to "
                             f"null or 0, or install a driver and a torch that fit the GPU{elsewhere}")
        if asked is None and not there and unusable:
            gpus = "1 GPU" if unusable == 1 else f"{unusable} GPUs"
            print(f"warning: torch cannot use this machine's {gpus}, too old for it or with too old a driver, so "
                  "the CPU is used; install a driver and a torch that fit", file=sys.stderr)
    return int(there > 0) if asked is None else asked


def expect(cluster: Cluster, workers: int, gpus: int) -> None:
    """Where workers of one core and so many GPUs find no place: InputError on this machine; on a cluster, which may
    grow, a line that says what is waited for."""
    import ray

    there = ray.cluster_resources()
    lacking = [f"{wanted:g} {name}s instead of {there.get(name, 0):g}" for name, wanted in (
        ("CPU", workers), ("GPU", workers * gpus)) if wanted > there.get(name, 0)]
    if lacking and not address(cluster):
        on_cpus = ", or cluster.gpus_per_worker to 0 to train on CPUs" if gpus else ""
        raise InputError(f"cluster.workers: {workers} training workers need {' and '.join(lacking)} that this machine "
                         f"has; take fewer, or set cluster.address{on_cpus}")
    if lacking:
        print(f"waiting for nodes: {workers} workers need {' and '.join(lacking)} that the cluster has now",
              file=sys.stderr)


def each(function: Callable[[Any, Item], Result], shared: Any, items: Iterable[Item], cluster: Cluster | None = None,
         processes: int = 1, gpu: bool = False) -> Iterator[Result]:
    """function(shared, item) of every item, in order.

    On a cluster: tasks, spread over its nodes, of one core each; if `gpu`, also of as many GPUs as `gpus_each` says. A
    task whose worker or node is lost is run again, up to cluster.retries times; the others are not. Without a cluster:
    in this process, or in `processes` of this machine; 0 for one per core. `items` is read as workers come free. What
    `function` raises is raised here.
    """
    if address(cluster):
        return on_cluster(function, shared, items, cluster, gpu)
    import joblib

    count = joblib.effective_n_jobs(processes or -1)
    if count == 1:
        return (function(shared, item) for item in items)
    workers = joblib.Parallel(n_jobs=count, max_nbytes=None, pre_dispatch=2 * count, batch_size=1,
                              return_as="generator")
    return workers(joblib.delayed(function)(shared, item) for item in items)


def on_cluster(function: Callable[[Any, Item], Result], shared: Any, items: Iterable[Item], cluster: Cluster,
               gpu: bool) -> Iterator[Result]:
    import ray
    import ray.exceptions

    lost = (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError,
            ray.exceptions.ObjectLostError)
    with connected(cluster):
        gpus = gpus_each(cluster) if gpu else 0
        expect(cluster, 1, gpus)
        task = ray.remote(function).options(num_cpus=1, num_gpus=gpus, max_retries=cluster.retries,
                                            scheduling_strategy="SPREAD")
        common = ray.put(shared)
        waiting: list = []
        try:
            for item in items:
                waiting.append(task.remote(common, item))
                # Twice what runs at once keeps all busy, and memory bounded; the cluster may have grown.
                if len(waiting) > 2 * max(1, ray.cluster_resources().get("CPU", 1)):
                    yield ray.get(waiting.pop(0))
            while waiting:
                yield ray.get(waiting.pop(0))
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, InputError) else error from None
        except lost as error:
            raise InputError(f"a task was lost more than {cluster.retries} times ({str(error).splitlines()[0][:200]}); "
                             "the nodes may be short of memory: see `ray status`, raise cluster.retries, and run again"
                             ) from error
        except ray.exceptions.RayError as error:
            why = " ".join(str(error).split())[:400]
            raise InputError(f"the Ray cluster at {address(cluster)} runs no tasks: {why}; what is done is kept, run "
                             "again") from error
