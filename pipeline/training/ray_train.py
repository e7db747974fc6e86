"""One training, in this process (zero workers, without Ray) or by workers of Ray Train. Both run the same loop."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from pipeline.cluster.connection import cluster_address, connected_to_ray
from pipeline.cluster.resources import check_resources, gpus_per_worker
from pipeline.config.running import Cluster
from pipeline.config.variant import Variant
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.hardware.cores import say_if_crowded
from pipeline.hardware.gpu import best_device, count_gpus
from pipeline.losses.objective import MODEL
from pipeline.training import checkpoints
from pipeline.training.batches import total_steps, uneven_batch
from pipeline.training.history import History, Row
from pipeline.training.inputs import VIEW, StartWeights
from pipeline.training.worker import hush_ray_train, own_error, train_job, train_worker

os.environ.setdefault("RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S", "1800")  # a node that has to be started takes minutes


@dataclass(frozen=True)
class Job:
    """What every worker needs to know. Workers start elsewhere: the folders are absolute, and all nodes see them."""

    variant: Variant
    shards: Folder
    loss_network: Folder                          # its one file is named as `paths.LOSS_NETWORK`
    directory: Folder                             # of this run's checkpoints
    checkpoint_steps: int
    on_steps: Callable[[list[Row]], None]         # these four are pickled, together, to a first worker of Ray
    on_epoch: Callable[[Row], None]
    on_end: Callable[[], None] = lambda: None     # whether training ends or fails
    on_start: Callable[[dict[str, str | int]], None] = lambda trained: None  # `History.trained`
    start: StartWeights | None = None             # None for new weights
    checkpoint_seconds: float = 0
    cuda_graph: bool = True


def fit(job: Job, cluster: Cluster) -> tuple[dict[str, torch.Tensor], History]:
    """Train a variant where `cluster` says.

    If a worker or a node is lost, Ray starts the workers again, up to cluster.retries times, and they go on from the
    newest checkpoint.

    Returns:
        The model's weights, on the CPU, and the history.

    Raises:
        InputError: training has diverged, the cluster is too small, or the workers do not see the storage.
    """
    if cluster.workers and job.variant.train.batch_size % cluster.workers:
        raise uneven_batch(job.variant.train.batch_size, cluster.workers)
    if cluster_address(cluster) and not cluster.workers and job.variant.encodes:
        with connected_to_ray(cluster):
            gpus_per_worker(cluster)  # what latents will ask; better refused now than when training is done
    if not cluster.workers:
        train_job(job, device_of_this_process(cluster))
        return read_outcome(job)
    hush_ray_train()
    with connected_to_ray(cluster):
        gpus = gpus_per_worker(cluster, None if cluster_address(cluster) else count_gpus())
        check_resources(cluster, cluster.workers, gpus)
        trainer = make_trainer(job, cluster, gpus)
        try:
            with own_ctrl_c_afterwards():
                trainer.fit()
        except Exception as failure:  # the loop's own sentence, from behind Ray's tracebacks
            raise own_error(failure) or failure from None
    return read_outcome(job)


@contextmanager
def own_ctrl_c_afterwards() -> Iterator[None]:
    """Put back what Ctrl-C did before: the handler of Ray Train's `fit` asks a controller that is gone afterwards."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


def device_of_this_process(cluster: Cluster) -> torch.device:
    """Return where this process trains: a GPU that it takes, or the CPU, with a warning if that is crowded."""
    if gpus_per_worker(cluster, count_gpus()):
        return best_device()
    say_if_crowded(torch.get_num_threads())
    return torch.device("cpu")


def make_trainer(job: Job, cluster: Cluster, gpus: int) -> Any:
    """Return Ray's trainer. gpus: of each worker."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    rays_own = job.directory / "ray"
    return TorchTrainer(
        train_worker,
        train_loop_config={"job": job, "gpu": bool(gpus)},
        scaling_config=ScalingConfig(num_workers=cluster.workers, use_gpu=bool(gpus),
                                     resources_per_worker={"CPU": 1} | ({"GPU": gpus} if gpus else {})),
        run_config=RunConfig(name="run", storage_path=rays_own.path(), storage_filesystem=rays_own.filesystem,
                             failure_config=FailureConfig(max_failures=cluster.retries),
                             callbacks=[end_at_input_error()]),
    )


def read_outcome(job: Job) -> tuple[dict[str, torch.Tensor], History]:
    """Return the weights and the history in the last checkpoint.

    Raises:
        InputError: the newest checkpoint that this machine can read is not that of the last step.
    """
    saved = checkpoints.read_newest_checkpoint(job.directory)
    wanted = total_steps(job.variant, shards.manifest(job.shards, VIEW)["images"]["train"])
    if saved is None or saved["step"] != wanted:
        raise InputError(f"training of {job.variant.name} has ended, but the newest checkpoint in {job.directory} that "
                         f"this machine can read is of step {saved['step'] if saved else 0} instead of {wanted}; set "
                         "cluster.storage to a folder or URL that all nodes see, and run again")
    return saved["players"][MODEL], History(saved["steps"], saved["epochs"], saved["trained"])


def end_at_input_error() -> Any:
    """Return a callback of Ray Train that ends training at an InputError.

    Without it Ray would start the workers again, up to cluster.retries times, although running again mends nothing.
    """
    from ray.train import UserCallback

    class EndAtInputError(UserCallback):
        def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
            for error in worker_exceptions.values():
                if own := own_error(error):
                    raise own

    return EndAtInputError()
