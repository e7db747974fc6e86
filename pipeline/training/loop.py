"""The training loop: one function, from data to a trained model. Knows torch, but neither Ray nor MLflow."""

import sys
import time
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from pipeline import messages
from pipeline.config.adversaries import NoAdversary
from pipeline.config.variant import Variant
from pipeline.files.folder import Folder
from pipeline.hardware.eager import without_compiler
from pipeline.hardware.gpu import gpu_name
from pipeline.hardware.processor import processor_name
from pipeline.losses.objective import ADVERSARY, MODEL, Objective
from pipeline.models.start_weights import start_file
from pipeline.training import precision
from pipeline.training.batches import Batches, batches_of_worker, total_steps
from pipeline.training.divergence import refuse_divergence
from pipeline.training.history import History, Row, epoch_means, fetch_rows
from pipeline.training.randomness import epoch_order
from pipeline.training.resuming import Optimizers, resume, save_progress_and_delete_older
from pipeline.training.validation import VALIDATION_IMAGES, validate

SHOWN_TERMS = ("kl", "loss", "wasserstein")  # beside the progress bar
LOG_STEPS = 10  # steps between two looks at the loss; each look waits for the device


def train(
    variant: Variant,
    objective: nn.Module,
    images: np.ndarray,
    valid: np.ndarray,
    directory: Folder,
    checkpoint_steps: int = 100,
    rank: int = 0,
    workers: int = 1,
    on_steps: Callable[[list[Row]], None] = lambda rows: None,
    on_epoch: Callable[[Row], None] = lambda row: None,
    progress: bool = True,
    on_start: Callable[[dict[str, str | int]], None] = lambda trained: None,
) -> History:
    """Minimise the objective with Adam; resume from the newest checkpoint in `directory`. The weights stay in place.

    A step is one update for each of the objective's turns: the model's alone, or the adversary's and then the model's.
    Updates are in the precision that `precision.choose` returns; validation is in float32.

    Args:
        variant: what is trained.
        objective: on its device; wrapped for data parallelism if there are several workers.
        images: the training split, uint8 N×3×S×S.
        valid: the validation split, uint8 M×3×S×S.
        directory: of this run's checkpoints.
        checkpoint_steps: steps between two checkpoints. Another one is written after every epoch.
        rank: of this worker.
        workers: how many there are. Each takes its share of every batch.
        on_steps: called with new rows, at least every LOG_STEPS steps, on rank 0.
        on_epoch: called with the row of each epoch, on every rank.
        progress: whether to show a progress bar, on rank 0.
        on_start: called with `History.trained`, on rank 0.

    Raises:
        Diverged: a term or a weight is not finite, or the critic has exploded. The message names it and the step.
        InputError: there are no images, or the workers cannot share a batch evenly.
    """
    recipe, device, directory = variant.train, next(objective.parameters()).device, Folder.of(directory)
    inner = unwrapped(objective)
    batches = batches_of_worker(variant, images, rank, workers, inner.noise_width, device)
    size, steps_per_epoch, last_step = batches.size, batches.steps_per_epoch(), total_steps(variant, len(images))

    rates = learning_rates(variant)
    optimizers = make_optimizers(inner, rates, recipe.adam_beta1)
    step, history = resume(directory, inner, optimizers)
    chosen = precision.choose(recipe.precision, str(history.trained.get("precision", "")), device,
                              f"to start it anew, delete {directory} and run again")
    inner.precision = precision.DTYPES[chosen.name]
    history.trained = {"precision": chosen.name, "device": device_name(device), "workers": workers}
    if rank == 0:
        announce(variant, history, chosen, progress)
        on_start(history.trained)
    bar = tqdm(total=last_step * size, initial=step * size, unit=" images", desc=f"{variant.label} in {chosen.name}",
               disable=not progress or rank > 0, mininterval=1 if sys.stderr.isatty() else 20, smoothing=0.1)
    pending: list[dict[str, torch.Tensor]] = []  # terms on the device

    objective.train()
    while step < last_step:
        epoch, first = divmod(step, steps_per_epoch)
        order, decay = epoch_order(recipe.seed, epoch, len(images)), recipe.lr_decay**epoch
        learning_rate = recipe.learning_rate * decay
        set_learning_rates(optimizers, rates, decay)
        started, images_before = time.perf_counter(), step * size

        for index in range(first, steps_per_epoch):
            pending.append(take_step(objective, optimizers, batches, order, index, step))
            step += 1
            bar.update(size)
            ends = step % steps_per_epoch == 0
            if ends or step % LOG_STEPS == 0 or step % checkpoint_steps == 0:
                rows = fetch_rows(pending, step, epoch, learning_rate)
                refuse_divergence(rows, variant, directory)
                pending.clear()
                history.steps += rows
                bar.set_postfix({"epoch": epoch + 1, **shown_terms(rows[-1])})
                if rank == 0:
                    on_steps(rows)
            if rank == 0 and step % checkpoint_steps == 0 and not ends:
                save_progress_and_delete_older(directory, step, history, inner, optimizers, variant)

        seconds = time.perf_counter() - started
        row = epoch_means(history.steps, epoch, step, learning_rate)
        row |= validate(inner, valid[:VALIDATION_IMAGES], variant) | {
            "images_per_second": (step * size - images_before) / seconds, "seconds": seconds}
        history.epochs.append(row)
        if rank == 0:
            save_progress_and_delete_older(directory, step, history, inner, optimizers, variant)
        on_epoch(row)
    bar.close()
    return history


def take_step(objective: nn.Module, optimizers: Optimizers, batches: Batches, order: np.ndarray, index: int, step: int
              ) -> dict[str, torch.Tensor]:
    """Update each player in its turns, and return the terms of all losses, on the device.

    Args:
        objective: perhaps wrapped for data parallelism.
        optimizers: by the player's name.
        batches: images and noise.
        order: of the images in this epoch.
        index: of the step in the epoch.
        step: the number of steps done before.
    """
    inner = unwrapped(objective)
    terms: dict[str, torch.Tensor] = {}
    for turn, player in enumerate(inner.turns, 1 - len(inner.turns)):  # … -2, -1 the adversary's, 0 the model's
        x, z = batches.draw(order, index, step, -turn)
        optimizers[player].zero_grad(set_to_none=True)
        loss, measured = objective(x, z, player)
        loss.backward()
        optimizers[player].step()
        inner.after_update(player)
        terms |= measured
    return terms | inner.gradient_terms()


def unwrapped(objective: nn.Module) -> Objective:
    """Return the objective itself, without the wrapper for data parallelism."""
    return cast(Objective, objective.module if hasattr(objective, "module") else objective)


def learning_rates(variant: Variant) -> dict[str, float]:
    """Return the learning rates of the first epoch, by the player's name."""
    rates = {MODEL: variant.train.learning_rate}
    if not isinstance(variant.adversary, NoAdversary):
        rates[ADVERSARY] = variant.adversary.learning_rate
    return rates


def make_optimizers(objective: Objective, rates: dict[str, float], beta1: float) -> Optimizers:
    """Return an Adam for each player. rates: by the player's name."""
    adam = without_compiler(torch.optim.Adam)
    return {name: adam(player.parameters(), rates[name], betas=(beta1, 0.999), fused=True)
            for name, player in objective.players().items()}


def set_learning_rates(optimizers: Optimizers, rates: dict[str, float], decay: float) -> None:
    """Set the learning rates of an epoch. decay: by which those of the first epoch are multiplied."""
    for player, optimizer in optimizers.items():
        for group in optimizer.param_groups:
            group["lr"] = rates[player] * decay


def shown_terms(row: Row) -> dict[str, str]:
    """Return the terms beside the progress bar."""
    return {term: f"{row[term]:.4g}" for term in SHOWN_TERMS if term in row}


def announce(variant: Variant, history: History, chosen: precision.Precision, progress: bool) -> None:
    """Say on stderr what trains, on what and in which precision, if `progress`; and warn if that is emulated."""
    if progress:
        start = start_file(variant)
        tqdm.write(messages.training_begins(variant.label, history.trained, chosen.name, chosen.reason,
                                            str(start or ""), variant.adversary.kind != "none"), file=sys.stderr)
    if chosen.warning:
        tqdm.write(f"warning: {variant.label}: {chosen.warning}", file=sys.stderr)


def device_name(device: torch.device) -> str:
    """Return a GPU's name and number, or the processor's name and its matrix instructions; and torch's threads."""
    name, threads = gpu_name(device) if device.type == "cuda" else processor_name(), torch.get_num_threads()
    return f"{name}, {threads} {'thread' if threads == 1 else 'threads'}"
