"""Independent work spread over a Ray cluster, or over the cores of this machine.

Work is spread as Ray tasks and not through joblib's Ray backend. That backend survives lost workers and nodes too. But
its actors, which hold no core while they run, were all found on one node of two, and they do not move to new nodes.
"""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.cluster.connection import cluster_address, connected_to_ray
from pipeline.cluster.placement import Needs, result_of, say_what_is_waited_for
from pipeline.cluster.resources import gpus_per_worker
from pipeline.config.running import Cluster
from pipeline.errors import InputError
from pipeline.parallel import Item, ParallelMap, Result, Shared, in_processes


@contextlib.contextmanager
def parallel_map(cluster: Cluster, processes: int = 1, gpu: bool = False) -> Iterator[ParallelMap]:
    """Yield the way to spread work: tasks on the Ray cluster, if there is one; else processes of this machine.

    The connection to the cluster lasts as long as the block, for any number of maps.

    Args:
        cluster: where the run happens.
        processes: without a cluster, how many processes of this machine work; 0 for one per core.
        gpu: on a cluster, whether a task gets as many GPUs as `gpus_per_worker` says.
    """
    if not cluster_address(cluster):
        yield in_processes(processes)
        return
    with connected_to_ray(cluster):
        yield functools.partial(run_as_tasks, cluster, gpu)


def run_as_tasks(cluster: Cluster, gpu: bool, function: Callable[[Shared, Item], Result], shared: Shared,
                 items: Iterable[Item], memory: Callable[[Shared, Item], int] | None = None) -> Iterator[Result]:
    """Run function(shared, item) for every item as Ray tasks of one core each; see `ParallelMap`.

    A task asks for the memory that it needs. Without that, Ray starts one per core, kills those that a node has no
    memory for, and begins them again without end: cluster.retries does not count those.

    Where no node can run a task, a line on stderr says every minute what is waited for (`placement`).

    If a worker or node is lost, only its tasks run again, each up to cluster.retries times.

    Raises:
        InputError: tasks were lost too often, or the cluster runs none, or for half an hour no node could run one.
    """
    import ray
    import ray.exceptions

    lost = (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError,
            ray.exceptions.ObjectLostError)
    gpus = gpus_per_worker(cluster) if gpu else 0
    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=cluster.retries, scheduling_strategy="SPREAD")(function)
    common = ray.put(shared)
    waiting: list[tuple[Any, Needs]] = []  # references to results
    most = Needs(gpus, -1)  # that a task so far has asked for
    try:
        for item in items:
            needs = Needs(gpus, memory(shared, item) if memory else 0)
            if needs > most:
                say_what_is_waited_for(cluster, needs)
                most = needs
            waiting.append((task.options(memory=needs.memory or None).remote(common, item), needs))
            # Twice what runs at once keeps all busy, and memory bounded; the cluster may have grown.
            if len(waiting) > 2 * max(1, ray.cluster_resources().get("CPU", 1)):
                yield result_of(cluster, *waiting.pop(0))
        while waiting:
            yield result_of(cluster, *waiting.pop(0))
    except ray.exceptions.RayTaskError as error:
        raise error.cause if isinstance(error.cause, InputError) else error from None
    except lost as error:
        raise InputError(f"a task was lost more than {cluster.retries} times ({str(error).splitlines()[0][:200]}); "
                         "the nodes may be short of memory: see `ray status`, raise cluster.retries, and run again"
                         ) from error
    except ray.exceptions.RayError as error:
        why = " ".join(str(error).split())[:400]
        raise InputError(f"the Ray cluster at {cluster_address(cluster)} runs no tasks: {why}; what is done is kept, "
                         "run again") from error
