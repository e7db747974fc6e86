"""Training through Ray Train: the same loop in this process (zero workers, Ray Train's local mode) or on a cluster."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.config import Cluster, Variant
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.losses.build import build_objective
from pipeline.losses.objective import MODEL
from pipeline.training import checkpoints
from pipeline.training.loop import History, Row, train
from pipeline.training.memory import keep_freed_memory

os.environ.setdefault("RAY_TRAIN_V2_ENABLED", "1")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")


@dataclass(frozen=True)
class Job:
    """What every worker needs to know; paths are absolute, since workers start elsewhere."""

    variant: Variant
    shards: Path
    loss_network: Path
    directory: Path                               # of this run's checkpoints
    checkpoint_steps: int
    on_steps: Callable[[list[Row]], None]         # pickled to the first worker
    on_epoch: Callable[[Row], None]


def train_worker(config: dict) -> None:
    """One worker's part: its device, its data, the loop. Results are the checkpoints."""
    import ray.train
    import ray.train.torch

    keep_freed_memory()
    job: Job = config["job"]
    context = ray.train.get_context()
    rank, workers = context.get_world_rank(), context.get_world_size()
    objective = build_objective(job.variant, job.loss_network)
    if workers > 1 and torch.cuda.is_available():
        objective = torch.nn.SyncBatchNorm.convert_sync_batchnorm(objective)
    # In the turn of one player the other's weights have no gradient.
    options = {"find_unused_parameters": True} if len(objective.players()) > 1 else {}
    objective = ray.train.torch.prepare_model(objective, parallel_strategy_kwargs=options)

    def report(row: Row) -> None:
        if rank == 0:
            job.on_epoch(row)
        ray.train.report(row)

    train(job.variant, objective, shards.load(job.shards, "aligned", "train").pixels,
          shards.load(job.shards, "aligned", "valid").pixels, job.directory, job.checkpoint_steps,
          rank, workers, job.on_steps, report)


def fit(job: Job, cluster: Cluster) -> tuple[dict[str, torch.Tensor], History]:
    """Train a variant where `cluster` says; the model's weights (CPU) and its history. Raises InputError."""
    import ray
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    for noisy in ("ray.train", "ray.air", "ray.tune", "ray.data"):  # it says at INFO what the progress bar shows
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if cluster.workers and job.variant.train.batch_size % cluster.workers:
        raise InputError(f"train.batch_size is {job.variant.train.batch_size}, which {cluster.workers} workers cannot "
                         "share evenly; make it a multiple of cluster.workers.")
    if cluster.workers:
        ray.init(address=cluster.address, ignore_reinit_error=True, log_to_driver=True, logging_level="warning")
    resources = {"GPU": cluster.gpus_per_worker} if cluster.gpus_per_worker else None
    trainer = TorchTrainer(
        train_worker,
        train_loop_config={"job": job},
        scaling_config=ScalingConfig(num_workers=cluster.workers, use_gpu=cluster.gpus_per_worker > 0,
                                     resources_per_worker=resources),
        run_config=RunConfig(name=job.directory.name, storage_path=str(job.directory.parent / "ray")),
    )
    try:
        trainer.fit()
    except Exception as failure:  # the loop's own sentence, from behind Ray's tracebacks
        raise own_error(failure) or failure from None
    finally:
        if cluster.workers:
            ray.shutdown()
    saved = checkpoints.load_newest(job.directory)
    return saved["players"][MODEL], History(saved["steps"], saved["epochs"])


def own_error(failure: BaseException) -> InputError | None:
    """The InputError that a worker raised, wherever Ray has wrapped it; None if there is none."""
    seen = [failure, failure.__cause__, *getattr(failure, "worker_failures", {}).values()]
    for error in filter(None, seen):
        error = getattr(error, "cause", error)
        if isinstance(error, InputError):
            return error
    return None
