"""Waiting for a task of the Ray cluster, and what is said where no node can run it.

Ray does not tell whether a cluster would start a node that is large enough. A fixed one never does: there a task would
wait without end.
"""

import sys
import time
from typing import Any, NamedTuple

from pipeline.cluster.connection import cluster_address
from pipeline.config.running import Cluster
from pipeline.errors import InputError
from pipeline.vocabulary import size_in_words

SAID_EVERY = 60.0  # seconds
PATIENCE = 1800.0  # seconds, as long as Ray Train waits for the nodes of a training (`training.ray_train`)


class Needs(NamedTuple):
    """What a task needs beside a core."""

    gpus: int = 0
    memory: int = 0  # bytes


def lacking(needs: Needs) -> str:
    """Return what no node has now, though busy nodes count, "" where a node can run the task.

    This process has to be connected to the cluster.
    """
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    if not nodes:
        return "a core, and none has one"
    nodes = [node for node in nodes if node.get("GPU", 0) >= needs.gpus]
    if not nodes:
        return f"a core and {needs.gpus} GPU, and none has both"
    most = max(int(node.get("memory", 0)) for node in nodes)
    beside = " beside a GPU" if needs.gpus else ""
    return "" if needs.memory <= most else (
        f"about {size_in_words(needs.memory)} of memory, and none offers more than {size_in_words(most)}{beside}")


def say_what_is_waited_for(cluster: Cluster, needs: Needs, waited: float = 0) -> bool:
    """Say on stderr what a task waits for where no node can run it; return whether none can.

    Args:
        cluster: where the task goes; this process has to be connected to it.
        needs: of the task.
        waited: seconds so far.

    Raises:
        InputError: that is more than PATIENCE.
    """
    if not (what := lacking(needs)):
        return False
    sentence = f"a task needs a node of the Ray cluster at {cluster_address(cluster)} with {what}"
    if waited >= PATIENCE:
        raise InputError(f"{sentence}, for {waited / 60:.0f} minutes now; add such a node, or set cluster.address to "
                         "null to work on this machine; what is done is kept, run again")
    since = f" ({waited / 60:.0f} minutes so far, {PATIENCE / 60:.0f} at most)" if waited else ""
    print(f"waiting for a node: {sentence} now{since}; if the cluster starts none by itself, add one, or set "
          "cluster.address to null to work on this machine", file=sys.stderr)
    return True


def result_of(cluster: Cluster, reference: Any, needs: Needs) -> Any:
    """Wait for a task, and return its result or raise its error.

    Raises:
        InputError: for PATIENCE seconds no node could run it.
    """
    import ray

    began: float | None = None  # when no node could run it first
    while not ray.wait([reference], timeout=SAID_EVERY)[0]:
        began = began or time.monotonic() - SAID_EVERY
        if not say_what_is_waited_for(cluster, needs, time.monotonic() - began):
            began = None
    return ray.get(reference)
