"""The training loop: one function, from data to a trained model. Knows torch, but neither Ray nor MLflow."""

import functools
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from pipeline import messages
from pipeline.config.variant import Variant
from pipeline.files.folder import Folder
from pipeline.hardware.cuda import arithmetic, prepare_deterministic
from pipeline.hardware.gpu import gpu_name
from pipeline.hardware.processor import processor_name
from pipeline.losses.objective import Objective
from pipeline.models.start_weights import start_file
from pipeline.training import precision
from pipeline.training.batches import batches_of_worker, total_steps
from pipeline.training.checkpoint_writer import CheckpointWriter
from pipeline.training.divergence import refuse_divergence
from pipeline.training.history import History, Row, epoch_means, fetch_rows, trained_by
from pipeline.training.pictures import Album
from pipeline.training.resuming import resume
from pipeline.training.step import learning_rates, make_optimizers, set_learning_rates, unwrapped
from pipeline.training.steps import Steps
from pipeline.training.validation import VALIDATION_IMAGES, validate
from pipeline.training.worker_sentences import SOON_LOST, workers_changed

SHOWN_TERMS = ("kl", "loss", "wasserstein")  # beside the progress bar
LOG_STEPS = {"cpu": 10, "cuda": 50}  # steps between two looks at the loss, each of which waits for the device


def train(variant: Variant, objective: nn.Module, images: np.ndarray, valid: np.ndarray, directory: Folder,
          checkpoint_steps: int = 100, rank: int = 0, workers: int = 1,
          on_steps: Callable[[list[Row]], None] = lambda rows: None,
          on_epoch: Callable[[Row], None] = lambda row: None, progress: bool = True,
          on_start: Callable[[dict[str, str | int]], None] = lambda trained: None,
          checkpoint_seconds: float = 0, cuda_graph: bool = True, album: Album | None = None,
          soon_lost: Callable[[], bool] = lambda: False) -> History:
    """Minimise the objective with Adam; resume from the newest checkpoint in `directory`. The weights stay in place.

    A step is one update for each of the objective's turns: the model's alone, or the adversary's and then the model's.
    Updates are in the precision that `precision.choose` returns; validation is in float32. On a GPU, results repeat bit
    by bit if train.deterministic says so; on a CPU they always do.

    Args:
        variant: what is trained.
        objective: on its device; wrapped for data parallelism if there are several workers.
        images: the training split, uint8 N×3×S×S.
        valid: the validation split, uint8 M×3×S×S.
        directory: of this run's checkpoints.
        checkpoint_steps: steps between two checkpoints, at least. Another one is written after every epoch.
        rank: of this worker.
        workers: how many there are. Each takes its share of every batch.
        on_steps: called with new rows, at least every LOG_STEPS steps, on rank 0.
        on_epoch: called with the row of each epoch, on every rank.
        progress: whether to show a progress bar, on rank 0.
        on_start: called with `History.trained`, on rank 0.
        checkpoint_seconds: seconds between two checkpoints, at least.
        cuda_graph: whether steps on a GPU are recorded and replayed, unless workers share them.
        album: takes pictures of the model, on rank 0.
        soon_lost: whether a worker will be lost soon; asked at each look at the loss, on rank 0.

    Raises:
        Diverged: a term or a weight is not finite, or the critic has exploded. The message names it and the step.
        InputError: there are no images, or the workers cannot share a batch evenly.
    """
    recipe, device, directory = variant.train, next(objective.parameters()).device, Folder.of(directory)
    if recipe.deterministic:
        prepare_deterministic()
    inner = unwrapped(objective)
    batches = batches_of_worker(variant, images, rank, workers, inner.noise_width, device)
    size, steps_per_epoch, last_step = batches.size, batches.steps_per_epoch(), total_steps(variant, len(images))

    rates = learning_rates(variant)
    optimizers = make_optimizers(inner, rates, recipe.adam_beta1)
    step, history = resume(directory, inner, optimizers)
    chosen = precision.choose(recipe.precision, str(history.trained.get("precision", "")), device,
                              f"to start it anew, delete {directory} and run again")
    inner.precision = precision.DTYPES[chosen.name]
    before = history.trained
    history.trained = trained_by(before, step, chosen.name, device_name(device), workers)
    if rank == 0:
        announce(variant, history, chosen, progress, step, int(before.get("workers", workers)))
        on_start(history.trained)
    bar = progress_bar(f"{variant.label} in {chosen.name}", last_step * size, step * size, progress and rank == 0)
    pending: list[dict[str, torch.Tensor]] = []  # terms on the device

    objective.train()
    with (arithmetic(device, precision.tf32(chosen.name), recipe.deterministic),
          CheckpointWriter(directory, variant, checkpoint_steps, checkpoint_seconds) as writer,
          Steps(objective, optimizers, batches, cuda_graph and workers == 1, functools.partial(say, variant)) as steps):
        take_due_pictures(album, inner, step, steps_per_epoch, history)
        while step < last_step:
            epoch, first = divmod(step, steps_per_epoch)
            decay = recipe.lr_decay**epoch
            learning_rate = recipe.learning_rate * decay
            set_learning_rates(optimizers, rates, decay)
            started, images_before = time.perf_counter(), step * size

            for _ in range(first, steps_per_epoch):
                pending.append(steps.take(step))
                step += 1
                bar.update(size)
                ends = step % steps_per_epoch == 0
                if ends or step % LOG_STEPS[device.type] == 0 or step % checkpoint_steps == 0:
                    rows = fetch_rows(pending, step, epoch, learning_rate)
                    refuse_divergence(rows, variant, directory, writer.settle)
                    pending.clear()
                    history.steps += rows
                    bar.set_postfix({"epoch": epoch + 1, **shown_terms(rows[-1])})
                    if rank == 0:
                        on_steps(rows)
                        hear_notice(soon_lost, writer, variant)
                take_due_pictures(album, inner, step, steps_per_epoch, history)
                if rank == 0 and not ends and writer.due(step, looked=not pending):
                    writer.hand_over(step, history, inner, optimizers)

            seconds, row = time.perf_counter() - started, epoch_means(history.steps, epoch, step, learning_rate)
            row |= validate(inner, valid[:VALIDATION_IMAGES], variant) | {
                "images_per_second": (step * size - images_before) / seconds, "seconds": seconds}
            history.epochs.append(row)
            if rank == 0:
                writer.hand_over(step, history, inner, optimizers)
            on_epoch(row)
    bar.close()
    return history


def progress_bar(title: str, images: int, done: int, shown: bool) -> "tqdm[Any]":
    """Return the bar of a training on stderr. images: those of all steps; done: those of the steps before."""
    return tqdm(total=images, initial=done, unit=" images", desc=title, disable=not shown,
                mininterval=1 if sys.stderr.isatty() else 20, smoothing=0.1)


def take_due_pictures(album: Album | None, objective: Objective, step: int, steps_per_epoch: int,
                      history: History) -> None:
    """Take pictures where there is an album, if they are due after so many steps and the history has none of them."""
    has_them = bool(history.pictures) and history.pictures[-1].step == step
    if album is not None and album.due(step, steps_per_epoch) and not has_them:
        album.take(objective, step, history)


def say(variant: Variant, sentence: str) -> None:
    """Warn of something on stderr."""
    tqdm.write(f"warning: {variant.label}: {sentence}", file=sys.stderr)


def hear_notice(soon_lost: Callable[[], bool], writer: CheckpointWriter, variant: Variant) -> None:
    """Let checkpoints come more often from when a worker will be lost soon, and say so."""
    if not writer.soon_lost and soon_lost():
        writer.soon_lost = True
        say(variant, SOON_LOST)


def shown_terms(row: Row) -> dict[str, str]:
    """Return the terms beside the progress bar."""
    return {term: f"{row[term]:.4g}" for term in SHOWN_TERMS if term in row}


def announce(variant: Variant, history: History, chosen: precision.Precision, progress: bool, step: int,
             workers_before: int) -> None:
    """Say on stderr what trains, on what and in which precision, if `progress`; and warn if that is emulated.

    Also says if other than `workers_before` workers go on from `step`.
    """
    if progress:
        start = start_file(variant)
        tqdm.write(messages.training_begins(variant.label, history.trained, chosen.name, chosen.reason,
                                            str(start or ""), variant.adversary.kind != "none"), file=sys.stderr)
        if (workers := int(history.trained["workers"])) != workers_before:
            tqdm.write(workers_changed(variant.label, step, workers, workers_before), file=sys.stderr)
    if chosen.warning:
        say(variant, chosen.warning)


def device_name(device: torch.device) -> str:
    """Return a GPU's name and number, or the processor's name and its matrix instructions; and torch's threads."""
    name, threads = gpu_name(device) if device.type == "cuda" else processor_name(), torch.get_num_threads()
    return f"{name}, {threads} {'thread' if threads == 1 else 'threads'}"
