"""The training loop: one function, from data to a trained model. Knows torch, but neither Ray nor MLflow."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from pipeline.config import Variant
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.losses.kl import active_units
from pipeline.training import checkpoints
from pipeline.training.randomness import VALIDATION, epoch_order, noise

Row = dict[str, float]
LOG_STEPS = 10          # steps between two looks at the loss; each look waits for the device
VALIDATION_IMAGES = 4096  # at most so many after every epoch


@dataclass
class History:
    """What training measured. Rows of `steps`: step, epoch, learning_rate, then the terms of the loss (batch means).

    Rows of `epochs`: epoch, step, learning_rate, the terms' means over the epoch, valid_<term>, active_units,
    images_per_second, seconds.
    """

    steps: list[Row] = field(default_factory=list)
    epochs: list[Row] = field(default_factory=list)


class Diverged(InputError):
    """The loss is no longer finite. The newest checkpoint is from before."""


def train(
    variant: Variant,
    objective: nn.Module,           # on its device, wrapped for data parallelism if there are several workers
    images: np.ndarray,             # training split, uint8 N×3×S×S
    valid: np.ndarray,              # validation split, uint8 M×3×S×S
    directory: Path,                # of this run's checkpoints
    checkpoint_steps: int = 100,    # steps between two checkpoints; one more after every epoch
    rank: int = 0,                  # of this worker
    workers: int = 1,               # each takes its share of every batch
    on_steps: Callable[[list[Row]], None] = lambda rows: None,   # every LOG_STEPS steps, on rank 0
    on_epoch: Callable[[Row], None] = lambda row: None,          # on every rank
    progress: bool = True,
) -> History:
    """Minimise the objective with Adam; resume from the newest checkpoint in `directory`. The weights stay in place.

    Raises Diverged, naming term and step, when the loss is not finite.
    """
    recipe, device = variant.train, next(objective.parameters()).device
    inner = objective.module if hasattr(objective, "module") else objective
    if not len(images):
        raise InputError("the training split has no images; give more by data.limit or data.synthetic_images.")
    batch = min(recipe.batch_size, len(images))
    if batch % workers:
        raise InputError(f"train.batch_size is {batch}, which {workers} workers cannot share evenly; "
                         "make it a multiple of cluster.workers.")
    steps_per_epoch = len(images) // batch
    last_step = steps_per_epoch * recipe.epochs
    share = slice(rank * batch // workers, (rank + 1) * batch // workers)

    trained = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, recipe.learning_rate, betas=(recipe.adam_beta1, 0.999), fused=True)
    step, history = resume(directory, inner, optimizer)
    bar = tqdm(total=last_step * batch, initial=step * batch, unit=" images", desc=variant.label,
               disable=not progress or rank > 0, mininterval=1 if sys.stderr.isatty() else 20, smoothing=0.1)
    pending: list[dict[str, torch.Tensor]] = []

    objective.train()
    while step < last_step:
        epoch, first = divmod(step, steps_per_epoch)
        order = epoch_order(variant.seed, epoch, len(images))
        learning_rate = recipe.learning_rate * recipe.lr_decay**epoch
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        started, images_before = time.perf_counter(), step * batch

        for index in range(first, steps_per_epoch):
            rows = order[index * batch:(index + 1) * batch][share]
            x = to_network(torch.from_numpy(images[rows]).to(device, non_blocking=True))
            z_noise = noise(variant.seed, step, batch, variant.model.latent_dim)[share].to(device, non_blocking=True)

            optimizer.zero_grad(set_to_none=True)
            loss, terms = objective(x, z_noise)
            loss.backward()
            optimizer.step()

            step += 1
            pending.append(terms)
            bar.update(batch)
            ends = step % steps_per_epoch == 0
            if ends or step % LOG_STEPS == 0 or step % checkpoint_steps == 0:
                fetched = fetch(pending, step, epoch, learning_rate, variant.name)
                pending.clear()
                history.steps += fetched
                bar.set_postfix(epoch=epoch + 1, loss=f"{fetched[-1]['loss']:.4g}", kl=f"{fetched[-1]['kl']:.1f}")
                if rank == 0:
                    on_steps(fetched)
            if rank == 0 and step % checkpoint_steps == 0 and not ends:
                checkpoints.save(directory, step, state(step, history, inner, optimizer))

        seconds = time.perf_counter() - started
        row = summary(history.steps, epoch, step, learning_rate)
        row |= validate(inner, valid[:VALIDATION_IMAGES], variant) | {
            "images_per_second": (step * batch - images_before) / seconds, "seconds": seconds}
        history.epochs.append(row)
        if rank == 0:
            checkpoints.save(directory, step, state(step, history, inner, optimizer))
        on_epoch(row)
    bar.close()
    return history


def resume(directory: Path, objective: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, History]:
    """Steps done and their history, with model and optimizer as they were then; (0, empty) without a checkpoint."""
    saved = checkpoints.load_newest(directory)
    if saved is None:
        return 0, History()
    objective.vae.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    return saved["step"], History(saved["steps"], saved["epochs"])


def state(step: int, history: History, objective: nn.Module, optimizer: torch.optim.Optimizer) -> dict:
    """All that `resume` needs. The frozen loss network is not part of it."""
    return {"step": step, "model": objective.vae.state_dict(), "optimizer": optimizer.state_dict(),
            "steps": history.steps, "epochs": history.epochs}


def fetch(pending: list[dict[str, torch.Tensor]], step: int, epoch: int, learning_rate: float, name: str) -> list[Row]:
    """One row per step from the terms on the device, in one transfer. Raises Diverged."""
    names = list(pending[0])
    values = torch.stack([torch.stack([terms[name] for name in names]) for terms in pending]).cpu().tolist()
    rows = []
    for number, terms in enumerate(values, step - len(pending) + 1):
        rows.append({"step": number, "epoch": epoch + 1, "learning_rate": learning_rate, **dict(zip(names, terms))})
        for term, value in zip(names, terms):
            if not np.isfinite(value):
                raise Diverged(f"training of {name} diverged: {term} is {value} at step {number}; the newest checkpoint "
                               "is from before, so lower train.learning_rate and run again.")
    return rows


def summary(steps: list[Row], epoch: int, step: int, learning_rate: float) -> Row:
    """Means of the terms over one epoch."""
    rows = [row for row in steps if row["epoch"] == epoch + 1]
    means = {term: float(np.mean([row[term] for row in rows])) for term in terms_of(rows[0])}
    return {"epoch": epoch + 1, "step": step, "learning_rate": learning_rate, **means}


def terms_of(row: Row) -> list[str]:
    """Names of the loss's terms in a row of steps."""
    return [name for name in row if name not in ("step", "epoch", "learning_rate")]


@torch.no_grad()
def validate(objective: nn.Module, images: np.ndarray, variant: Variant, batch_size: int = 256) -> Row:
    """The terms on held-out images, as valid_<term>, and `active_units` of the latent space."""
    if not len(images):
        return {}
    device = next(objective.parameters()).device
    objective.eval()
    totals, means = {}, []
    for start in range(0, len(images), batch_size):
        x = to_network(torch.from_numpy(images[start:start + batch_size]).to(device))
        fixed = noise(variant.seed, start, len(x), variant.model.latent_dim, VALIDATION).to(device)
        for name, term in objective(x, fixed)[1].items():
            totals[f"valid_{name}"] = totals.get(f"valid_{name}", 0.0) + term.item() * len(x) / len(images)
        means.append(objective.vae.encode(x)[0])
    objective.train()
    return {**totals, "active_units": active_units(torch.cat(means))}
