"""One training, in this process (zero workers, without Ray) or by workers of Ray Train. Both run the same loop."""

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

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
from pipeline.training.batches import batch_size, even_workers, total_steps, uneven_batch
from pipeline.training.history import History, Row, read_history
from pipeline.training.inputs import VIEW, StartWeights
from pipeline.training.loop import LOG_STEPS
from pipeline.training.pictures import Picture
from pipeline.training.worker import hush_ray_train, own_error, train_job, train_worker
from pipeline.vocabulary import counted

START_TIMEOUT = "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"
START_SECONDS, ELASTIC_START_SECONDS = "1800", "60"  # a node that has to be started takes minutes; or go on without it
GROW_SECONDS = 60.0  # between two looks at whether elastic workers can be more
NEWS_SECONDS = 10.0  # without an error, after which the next one is a new one


@dataclass(frozen=True)
class Job:
    """What every worker needs to know. Workers start elsewhere: the folders are absolute, and all nodes see them."""

    variant: Variant
    shards: Folder
    loss_network: Folder                          # its one file is named as `paths.LOSS_NETWORK`
    directory: Folder                             # of this run's checkpoints
    checkpoint_steps: int
    on_steps: Callable[[list[Row]], None]         # all `on_…` are pickled, together, to a first worker of Ray
    on_epoch: Callable[[Row], None]
    on_end: Callable[[], None] = lambda: None     # whether training ends or fails
    on_start: Callable[[dict[str, str | int]], None] = lambda trained: None  # `History.trained`
    start: StartWeights | None = None             # None for new weights
    checkpoint_seconds: float = 0
    cuda_graph: bool = True
    on_pictures: Callable[[list[Picture]], None] = lambda pictures: None


def fit(job: Job, cluster: Cluster) -> tuple[dict[str, torch.Tensor], History]:
    """Train a variant where `cluster` says.

    If a worker or a node is lost, Ray starts the workers again, up to cluster.retries times, and they go on from the
    newest checkpoint. With cluster.min_workers they may be fewer then, and grow again later.

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
    size = size_of_batch(job, cluster.workers)
    hush_ray_train()
    with connected_to_ray(cluster):
        gpus = gpus_per_worker(cluster, None if cluster_address(cluster) else count_gpus())
        check_resources(cluster, fewest_workers(cluster, size), gpus)
        trainer = make_trainer(job, cluster, gpus, size)
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
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


def device_of_this_process(cluster: Cluster) -> torch.device:
    """Return where this process trains: a GPU that it takes, or the CPU, with a warning if that is crowded."""
    if gpus_per_worker(cluster, count_gpus()):
        return best_device()
    say_if_crowded(torch.get_num_threads())
    return torch.device("cpu")


def size_of_batch(job: Job, workers: int) -> int:
    """Return the images in a batch of all workers together; train.batch_size if this machine does not see the shards.

    Raises:
        InputError: there are no images, or the workers cannot share a batch evenly.
    """
    if not job.shards.has(shards.manifest_name(VIEW)):
        return job.variant.train.batch_size  # the workers say what is wrong, unless they see shards
    return batch_size(job.variant, shards.manifest(job.shards, VIEW)["images"]["train"], workers)


def fewest_workers(cluster: Cluster, size: int) -> int:
    """Return the number of workers without which training waits. size: images in a batch."""
    return next(workers for workers in range(cluster.min_workers or cluster.workers, cluster.workers + 1)
                if even_workers(size, workers) == workers)


def make_trainer(job: Job, cluster: Cluster, gpus: int, size: int) -> Any:
    """Return Ray's trainer. gpus: of each worker. size: images in a batch of all workers together."""
    from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    rays_own, trainer = job.directory / "ray", cast(Callable[..., Any], TorchTrainer)
    workers: dict[str, Any] = {"num_workers": cluster.workers}
    if cluster.min_workers is not None:
        from pipeline.training.elastic import ElasticTrainer

        trainer = functools.partial(ElasticTrainer, size)
        workers = {"num_workers": (cluster.min_workers, cluster.workers),
                   "elastic_resize_monitor_interval_s": GROW_SECONDS}
        looks = LOG_STEPS["cuda" if gpus else "cpu"]  # at each, since each growth goes back to the newest checkpoint
        job = replace(job, checkpoint_steps=min(job.checkpoint_steps, looks))
    os.environ.setdefault(START_TIMEOUT, START_SECONDS if cluster.min_workers is None else ELASTIC_START_SECONDS)
    return trainer(
        train_worker,
        train_loop_config={"job": job, "gpu": bool(gpus)},
        scaling_config=ScalingConfig(**workers, use_gpu=bool(gpus),
                                     resources_per_worker={"CPU": 1} | ({"GPU": gpus} if gpus else {})),
        run_config=cast(Any, RunConfig)(
            name="run", storage_path=rays_own.path(), storage_filesystem=rays_own.filesystem,
            failure_config=FailureConfig(max_failures=cluster.retries), callbacks=[end_at_input_error()],
            logging_config=LoggingConfig(log_level="WARNING")),  # its lines at INFO say what the progress bar shows
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
    return saved["players"][MODEL], read_history(saved)


def end_at_input_error() -> Any:
    """Return a callback of Ray Train that ends training at an InputError, and says that other errors cost workers.

    Without it Ray would start the workers again, up to cluster.retries times, although running again mends nothing.
    """
    from ray.train import UserCallback

    class EndAtInputError(UserCallback):
        latest = float("-inf")  # when Ray called; until it starts the workers again, it calls every other second

        def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
            for error in worker_exceptions.values():
                if own := own_error(error):
                    raise own
            before, self.latest = self.latest, time.monotonic()
            if self.latest - before > NEWS_SECONDS:
                print(f"{counted(len(worker_exceptions), 'training worker')} lost; unless cluster.retries are used up, "
                      "Ray starts the workers again, which go on from the newest checkpoint", flush=True)

    return EndAtInputError()
