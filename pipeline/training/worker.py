"""What one training worker does, in this process or as one of Ray Train's, and how its errors come back."""

import contextlib
import logging
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from pipeline import paths
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.hardware.allocator import keep_freed_memory
from pipeline.losses.build import build_objective
from pipeline.models.start_weights import read_start_weights
from pipeline.training.batch_norm import synchronize
from pipeline.training.history import Row
from pipeline.training.inputs import VIEW
from pipeline.training.loop import train
from pipeline.training.pictures import FACES, Album

if TYPE_CHECKING:
    from pipeline.training.ray_train import Job


def train_worker(config: dict[str, Any]) -> None:
    """Run the loop as one worker of Ray Train. The results are the checkpoints.

    Args:
        config: "job", a `ray_train.Job`, and "gpu", whether the worker has a GPU.
    """
    import ray.train
    import ray.train.torch

    hush_ray_train()
    context = ray.train.get_context()
    train_job(config["job"], ray.train.torch.get_device() if config["gpu"] else torch.device("cpu"),
              context.get_world_rank(), context.get_world_size(), ray.train.report, node_soon_lost)


def node_soon_lost() -> bool:
    """Tell whether this worker has heard that a node of a worker will be taken away.

    Ray's own `get_preemption_info` waits until all workers have asked, so that all get the same answer. Here the worker
    that writes checkpoints is the only one to ask.
    """
    try:
        from ray.train.v2._internal.execution.context import get_train_context

        return get_train_context().preemption_context.preemption_info is not None
    except (ImportError, AttributeError):  # another version of Ray, whose notices are not heard
        return False


def train_job(job: "Job", device: torch.device, rank: int = 0, workers: int = 1,
              report: Callable[[Row], None] = lambda row: None,
              soon_lost: Callable[[], bool] = lambda: False) -> None:
    """Run the loop. The results are the checkpoints.

    Args:
        job: What is trained.
        device: Where.
        rank: Of this worker.
        workers: How many there are.
        report: Called with the row of each epoch, on every rank.
        soon_lost: As for `loop.train`.

    Raises:
        InputError: There are no shards where the job says, or training cannot go on (`loop.train`).
    """
    keep_freed_memory()
    if not job.shards.has(shards.manifest_name(VIEW)):
        raise InputError(f"no shards at {job.shards}, seen from a training worker on {socket.gethostname()}; set "
                         "cluster.storage to a folder or URL that all nodes see, or run `dvc repro prepare`")
    objective = make_objective(job, device, workers)

    def on_epoch(row: Row) -> None:
        if rank == 0:
            job.on_epoch(row)
        report(row)

    try:
        train(job.variant, objective, shards.load(job.shards, VIEW, "train").pixels,
              shards.load(job.shards, VIEW, "valid").pixels, job.directory, job.checkpoint_steps,
              rank, workers, job.on_steps, on_epoch, on_start=job.on_start, checkpoint_seconds=job.checkpoint_seconds,
              cuda_graph=job.cuda_graph, soon_lost=soon_lost,
              album=None if rank else album_of(job))
    finally:
        if rank == 0:
            job.on_end()


def make_objective(job: "Job", device: torch.device, workers: int) -> nn.Module:
    """Return the objective on its device, wrapped for data parallelism if there are several workers."""
    with local_file(job.loss_network, paths.LOSS_NETWORK.name) as loss_network:
        objective = build_objective(job.variant, loss_network)
    if job.start is not None:  # a checkpoint, if there is one, takes their place later
        with local_file(*job.start) as start:
            objective.model.load_state_dict(read_start_weights(start, job.variant))
    if workers == 1:
        return objective.to(device)
    import ray.train.torch  # takes seconds

    # In the turn of one player the other's weights have no gradient.
    options = {"find_unused_parameters": True} if len(objective.players()) > 1 else {}
    return ray.train.torch.prepare_model(synchronize(objective, device), device, parallel_strategy_kwargs=options)


def album_of(job: "Job") -> Album:
    """Return the album of a training, with the first test faces; where there are none, validation or training faces."""
    images = shards.manifest(job.shards, VIEW)["images"]
    split = next((split for split in ("test", "valid") if images.get(split)), "train")
    faces = shards.first_pixels(job.shards, VIEW, split, FACES)
    return Album(faces if job.variant.encodes else faces[:0], job.on_pictures)


@contextlib.contextmanager
def local_file(folder: Folder, name: str) -> Iterator[Path]:
    """Yield a path on this machine of a folder's file: itself, or a copy that lasts as long as the block."""
    if folder.is_local or not folder.has(name):
        yield Path(folder.path(name))
        return
    with tempfile.TemporaryDirectory() as copy:
        (Path(copy) / name).write_bytes(folder.read(name))
        yield Path(copy) / name


def hush_ray_train() -> None:
    """Silence Ray's lines at INFO, which say what the progress bar shows."""
    for noisy in ("ray.train", "ray.air", "ray.tune", "ray.data"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def own_error(failure: BaseException) -> InputError | None:
    """Return the InputError that a worker raised, wherever Ray has wrapped it; None if there is none."""
    seen = [failure, failure.__cause__, getattr(failure, "controller_failure", None),
            *getattr(failure, "worker_failures", {}).values()]
    for error in filter(None, seen):
        error = getattr(error, "cause", error)
        if isinstance(error, InputError):
            return error
    return None
