"""Training through Ray Train: the same loop in this process (zero workers, Ray Train's local mode) or on a cluster."""

import contextlib
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.cluster import address, connected, expect, gpus_each
from pipeline.config import Cluster, Variant
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.losses.build import build_objective
from pipeline.losses.objective import MODEL
from pipeline.models.gpu import count_gpus
from pipeline.storage import Folder
from pipeline.training import checkpoints
from pipeline.training.batch_norm import synchronize
from pipeline.training.inputs import LOSS_NETWORK, VIEW
from pipeline.training.loop import History, Row, total_steps, train
from pipeline.training.memory import keep_freed_memory

os.environ.setdefault("RAY_TRAIN_V2_ENABLED", "1")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S", "1800")  # a node that has to be started takes minutes


@dataclass(frozen=True)
class Job:
    """What every worker needs to know. Workers start elsewhere, so the folders are absolute, and such that all see."""

    variant: Variant
    shards: Folder
    loss_network: Folder                          # its one file is named `LOSS_NETWORK`
    directory: Folder                             # of this run's checkpoints
    checkpoint_steps: int
    on_steps: Callable[[list[Row]], None]         # these four are pickled, together, to the first worker
    on_epoch: Callable[[Row], None]
    on_end: Callable[[], None] = lambda: None     # whether training ends or fails
    on_start: Callable[[dict], None] = lambda trained: None  # `History.trained`




def train_worker(config: dict) -> None:
    """One worker's part: its device, its data, the loop. Results are the checkpoints."""
    import ray.train
    import ray.train.torch

    keep_freed_memory()
    quiet()
    job: Job = config["job"]
    device = ray.train.torch.get_device() if config["gpu"] else torch.device("cpu")
    context = ray.train.get_context()
    rank, workers = context.get_world_rank(), context.get_world_size()
    if not job.shards.has(shards.manifest_name(VIEW)):
        raise InputError(f"no shards at {job.shards}, seen from a training worker on {socket.gethostname()}; set "
                         "cluster.storage to a folder or URL that all nodes see, or run `dvc repro prepare`")
    with local_file(job.loss_network, LOSS_NETWORK) as loss_network:
        objective = build_objective(job.variant, loss_network)
    if workers > 1:
        objective = synchronize(objective, device)
    # In the turn of one player the other's weights have no gradient.
    options = {"find_unused_parameters": True} if len(objective.players()) > 1 else {}
    objective = ray.train.torch.prepare_model(objective, device, parallel_strategy_kwargs=options)

    def report(row: Row) -> None:
        if rank == 0:
            job.on_epoch(row)
        ray.train.report(row)

    try:
        train(job.variant, objective, shards.load(job.shards, VIEW, "train").pixels,
              shards.load(job.shards, VIEW, "valid").pixels, job.directory, job.checkpoint_steps,
              rank, workers, job.on_steps, report, on_start=job.on_start)
    finally:
        if rank == 0:
            job.on_end()


def quiet() -> None:
    """Ray says at INFO what the progress bar shows."""
    for noisy in ("ray.train", "ray.air", "ray.tune", "ray.data"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextlib.contextmanager
def local_file(folder: Folder, name: str) -> Iterator[Path]:
    """A file of a folder as a path on this machine: itself, or a copy for as long as the block lasts."""
    if folder.is_local or not folder.has(name):
        yield Path(folder.path(name))
        return
    with tempfile.TemporaryDirectory() as copy:
        (Path(copy) / name).write_bytes(folder.read(name))
        yield Path(copy) / name


def fit(job: Job, cluster: Cluster) -> tuple[dict[str, torch.Tensor], History]:
    """Train a variant where `cluster` says; the model's weights (CPU) and its history. Raises InputError.

    When a worker or a node is lost, Ray starts the workers again, up to cluster.retries times, and they go on from the
    newest checkpoint.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    quiet()
    if cluster.workers and job.variant.train.batch_size % cluster.workers:
        raise InputError(f"train.batch_size is {job.variant.train.batch_size}, which {cluster.workers} workers cannot "
                         "share evenly; make it a multiple of cluster.workers.")
    if address(cluster) and not cluster.workers and job.variant.encodes:
        with connected(cluster):
            gpus_each(cluster)  # what latents will ask; better refused now than when training is done
    with connected(cluster) if cluster.workers else contextlib.nullcontext():
        here = not cluster.workers or not address(cluster)
        gpus = gpus_each(cluster, count_gpus() if here else None)
        if cluster.workers:
            expect(cluster, cluster.workers, gpus)
        rays_own = job.directory / "ray"
        trainer = TorchTrainer(
            train_worker,
            train_loop_config={"job": job, "gpu": bool(gpus)},
            scaling_config=ScalingConfig(num_workers=cluster.workers, use_gpu=bool(gpus),
                                         resources_per_worker={"CPU": 1} | ({"GPU": gpus} if gpus else {})),
            run_config=RunConfig(name="run", storage_path=rays_own.path(), storage_filesystem=rays_own.filesystem,
                                 failure_config=FailureConfig(max_failures=cluster.retries),
                                 callbacks=[what_running_again_cannot_mend()] if cluster.workers else None),
        )
        try:
            trainer.fit()
        except Exception as failure:  # the loop's own sentence, from behind Ray's tracebacks
            raise own_error(failure) or failure from None
    saved = checkpoints.load_newest(job.directory)
    wanted = total_steps(job.variant, shards.manifest(job.shards, VIEW)["images"]["train"])
    if saved is None or saved["step"] != wanted:
        raise InputError(f"training of {job.variant.name} has ended, but the newest checkpoint in {job.directory} that "
                         f"this machine can read is of step {saved['step'] if saved else 0} instead of {wanted}; set "
                         "cluster.storage to a folder or URL that all nodes see, and run again")
    return saved["players"][MODEL], History(saved["steps"], saved["epochs"], saved["trained"])


def what_running_again_cannot_mend():
    """A callback of Ray Train by which an InputError ends training at once, whatever `retries` says."""
    from ray.train import UserCallback

    class Ends(UserCallback):
        def after_exception(self, run_context, worker_exceptions: dict) -> None:
            for error in worker_exceptions.values():
                if own := own_error(error):
                    raise own

    return Ends()


def own_error(failure: BaseException) -> InputError | None:
    """The InputError that a worker raised, wherever Ray has wrapped it; None if there is none."""
    seen = [failure, failure.__cause__, getattr(failure, "controller_failure", None),
            *getattr(failure, "worker_failures", {}).values()]
    for error in filter(None, seen):
        error = getattr(error, "cause", error)
        if isinstance(error, InputError):
            return error
    return None
