"""What a training leaves in the working tree: weights, tables, pictures, metrics, warnings and a record."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from pipeline import paths
from pipeline.config.variant import Variant
from pipeline.files.atomic import write_text
from pipeline.files.json_file import write_json
from pipeline.models.weights_file import write_weights
from pipeline.training.history import History, Row
from pipeline.training.metrics import (
    last_epoch_metrics,
    speed_of_epoch,
    speed_of_training,
    warnings_about,
    without_speed,
)
from pipeline.training.pictures import write_pictures
from pipeline.workspace.records import write_record


class TrainingResults(NamedTuple):
    """The numbers of a training, and warnings about them."""

    metrics: Row
    speed: Row
    warnings: list[str]


def write_results(variant: Variant, weights: dict[str, torch.Tensor], history: History, training: str,
                  trained_on: Mapping[str, str | int], about: Mapping[str, str]) -> TrainingResults:
    """Write all that a training leaves.

    Args:
        variant: what was trained.
        weights: the model's state dict.
        history: what training measured.
        training: the name of the training (`runs.Run`).
        trained_on: facts on the training images, for the weights file.
        about: what identifies its inputs and what it started from, for the record (`inputs.Inputs.tags`).
    """
    name, metrics, speed = variant.name, last_epoch_metrics(history), speed_of_training(history)
    write_weights(paths.weights(name), weights, variant, trained_on)
    write_text(paths.steps(name), as_csv(history.steps))
    write_pictures(paths.pictures(name), history.pictures)
    write_text(paths.epochs(name), as_csv([without_speed(epoch) for epoch in history.epochs]))
    warnings = warnings_about(metrics, variant)
    write_json(paths.warnings(name), warnings)
    write_json(paths.metrics("train", name), metrics)
    write_record("train", name, training=training, **history.trained, **about, **speed,
                 epochs=[speed_of_epoch(epoch) for epoch in history.epochs])
    return TrainingResults(metrics, speed, warnings)


def as_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV, with the columns in the order in which they first come, and a missing value as nothing.

    Every number is the shortest one that gives the same float64.
    """
    text, columns = io.StringIO(), dict.fromkeys(name for row in rows for name in row)
    table = csv.DictWriter(text, list(columns), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
