"""Ray Train's elastic workers, in numbers that share a batch evenly. Imports Ray, which takes seconds."""

import socket
import time
from collections.abc import Mapping
from typing import Any, cast

import ray
from ray.train.v2._internal.execution.preemption import _get_draining_nodes
from ray.train.v2._internal.execution.scaling_policy import (
    ElasticScalingPolicy,
    NoopDecision,
    ResizeDecision,
    ScalingDecision,
)
from ray.train.v2._internal.execution.worker_group import WorkerGroupPollStatus, WorkerGroupState
from ray.train.v2.api.config import ScalingConfig
from ray.train.v2.torch.torch_trainer import TorchTrainer

from pipeline.training.batches import even_workers

COORDINATOR_SECONDS = 120.0  # for an actor of Ray's to start; Ray waits 5 of them, and then prints tracebacks


class EvenWorkers(ElasticScalingPolicy):
    """Decides how many workers train: Ray's policy, but only numbers that divide the batch, on nodes that last.

    Ray's own policy takes any number between the least and the most. It knows the nodes from a table that is up to 20
    seconds old, and Ray itself takes some 10 seconds to believe that a node is lost. It would wait for that node.
    So each node is asked.

    Args:
        scaling: with the least and the most workers.
        size: images in a batch of all workers together.
    """

    def __init__(self, scaling: ScalingConfig, size: int):
        super().__init__(scaling)
        self.size, self.waiting = size, False

    def _count_possible_workers(self, reserved_resources: dict[str, dict[str, float]]) -> int:
        """Return with how many workers the nodes that last can train. reserved_resources: by the node's id."""
        draining = _get_draining_nodes() or {}
        last = {node["NodeID"] for node in ray.nodes()
                if node["NodeID"] in reserved_resources and node["NodeID"] not in draining and answers(node)}
        possible = super()._count_possible_workers({node: reserved_resources[node] for node in last})
        return even_workers(self.size, possible)

    def _send_resource_request(self) -> None:
        """Ask Ray's coordinator of nodes for room, once it has started, which takes long on a busy machine."""
        ray.wait([self._autoscaling_coordinator.get_reserved_resources.remote(self._requester_id)],
                 timeout=COORDINATOR_SECONDS)
        super()._send_resource_request()  # type: ignore[no-untyped-call]

    def make_decision_for_non_running_worker_group(self) -> ScalingDecision:
        """Return how many workers start, or that nodes are waited for, which is said once."""
        decision = super().make_decision_for_non_running_worker_group()
        waiting = isinstance(decision, NoopDecision)
        known = self._get_reserved_resources() is not None  # else Ray has not answered, and there may be room
        if waiting and known and not self.waiting:
            print("waiting for nodes: the cluster has room for fewer training workers than cluster.min_workers, or for "
                  "no number of them that shares a batch evenly", flush=True)
        if waiting:
            time.sleep(1)  # else Ray asks again at once, as fast as it can
        self.waiting = waiting and (known or self.waiting)
        return decision

    def make_decision_for_running_worker_group(self, worker_group_state: WorkerGroupState,
                                               worker_group_status: WorkerGroupPollStatus) -> ScalingDecision:
        """Return whether the workers start again, in another number.

        Where a node will be taken away, they are not made fewer: they may not have heard of it yet, and first write a
        checkpoint. Ray ends them at the notice's deadline.

        Args:
            worker_group_state: the workers, and how many they are.
            worker_group_status: how each is.
        """
        decision = super().make_decision_for_running_worker_group(worker_group_state, worker_group_status)
        fewer = isinstance(decision, ResizeDecision) and decision.num_workers < worker_group_state.num_workers
        return NoopDecision() if fewer and _get_draining_nodes() else decision


def answers(node: Mapping[str, Any]) -> bool:
    """Tell whether a node is there: whether its raylet takes a connection. node: as in `ray.nodes()`."""
    if not node["Alive"]:
        return False
    try:
        socket.create_connection((node["NodeManagerAddress"], node["NodeManagerPort"]), timeout=2).close()
    except OSError:
        return False
    return True


class ElasticTrainer(TorchTrainer):
    """Ray's trainer with `EvenWorkers` as its policy, which Ray has no parameter for.

    Args:
        size: images in a batch of all workers together.
        loop: what each worker runs.
        options: as for Ray's trainer.
    """

    def __init__(self, size: int, loop: Any, **options: Any):
        super().__init__(loop, **options)
        self.size = size

    def _initialize_and_run_controller(self, **arguments: Any) -> Any:
        """Run the training. arguments: Ray's, with the policy that is replaced."""
        return super()._initialize_and_run_controller(
            **arguments | {"scaling_policy": EvenWorkers(cast(ScalingConfig, self.scaling_config), self.size)})
