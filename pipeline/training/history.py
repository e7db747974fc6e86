"""What training measures: a row for each step, and one for each epoch; and pictures of what the model makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import distributed

from pipeline.training.pictures import Picture

Row = dict[str, float]
COUNTERS = ("step", "epoch", "learning_rate")  # in each row of steps, before the terms


@dataclass
class History:
    """What training measured.

    Attributes:
        steps: one row per step: step, epoch, learning_rate, then the terms of all losses, which are means over the
            batch. If a step has several updates of the adversary, the terms are those of the last one.
        epochs: one row per epoch: epoch, step, learning_rate, the means of the terms over the epoch, valid_<term>,
            active_units, images_per_second, seconds.
        trained: what trained the model: the precision (bf16, tf32 or fp32) of the whole run, and the first worker's
            device and the number of workers. If the run was interrupted, device and workers are those of its last part.
            If parts of it had other numbers of workers, `earlier_workers` says which: "2 to step 120, 1 to step 380".
        pictures: what the model made at some steps, each kind and step once, in order.
    """

    steps: list[Row] = field(default_factory=list)
    epochs: list[Row] = field(default_factory=list)
    trained: dict[str, str | int] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)


def read_history(saved: Mapping[str, Any]) -> History:
    """Return the history in a checkpoint's state."""
    return History(saved["steps"], saved["epochs"], saved["trained"], [Picture(*one) for one in saved["pictures"]])


def fetch_rows(pending: list[dict[str, torch.Tensor]], step: int, epoch: int, learning_rate: float) -> list[Row]:
    """Return one row per step, fetching the terms from the device in one transfer.

    Args:
        pending: the terms of the last steps, scalars by name. They become means over the workers' shares.
        step: the last of these steps.
        epoch: from 0.
        learning_rate: of the model in this epoch.
    """
    names = list(pending[0])
    measured = torch.stack([torch.stack([terms[name] for name in names]) for terms in pending])
    if distributed.is_initialized():
        distributed.all_reduce(measured)
        measured /= distributed.get_world_size()
    values = measured.cpu().tolist()
    return [{"step": number, "epoch": epoch + 1, "learning_rate": learning_rate,
             **dict(zip(names, terms, strict=True))}
            for number, terms in enumerate(values, step - len(pending) + 1)]


def trained_by(before: dict[str, str | int], step: int, precision: str, device: str, workers: int
               ) -> dict[str, str | int]:
    """Return `History.trained` of a run that begins, or goes on after `step`.

    Args:
        before: that of the part before, empty if the run begins.
        step: the number of steps done.
        precision: of the whole run.
        device: of the first worker.
        workers: how many there are.
    """
    earlier = str(before.get("earlier_workers", ""))
    if before.get("workers", workers) != workers:
        earlier += f"{', ' if earlier else ''}{before['workers']} to step {step}"
    now: dict[str, str | int] = {"precision": precision, "device": device, "workers": workers}
    return now | ({"earlier_workers": earlier} if earlier else {})


def epoch_means(steps: list[Row], epoch: int, step: int, learning_rate: float) -> Row:
    """Return the row of an epoch, with the means of its terms. epoch: from 0. step: the last one of the epoch."""
    rows = [row for row in steps if row["epoch"] == epoch + 1]
    means = {term: float(np.mean([row[term] for row in rows])) for term in term_names(rows[0])}
    return {"epoch": epoch + 1, "step": step, "learning_rate": learning_rate, **means}


def term_names(row: Row) -> list[str]:
    """Return the names of the loss's terms in a row of steps."""
    return [name for name in row if name not in COUNTERS]
