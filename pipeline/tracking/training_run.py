"""A training's run in MLflow: parameters, curves while it trains, data sets, and its status as it ends."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pipeline.config.params import Params
from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.tracking import rows, runs
from pipeline.tracking.datasets import datasets, log_datasets
from pipeline.tracking.live import Live
from pipeline.tracking.pictures import LoggedPictures, Picture, log_picture
from pipeline.tracking.rows import Entry, LoggedSteps, Row, TimedRow
from pipeline.tracking.store import client, store_uri
from pipeline.tracking.waiting import retry_while_away

if TYPE_CHECKING:
    from mlflow.entities import Run

SECTIONS = ("data", "loss_network")  # of params.yaml, on which training depends beside its variant
SPLITS = ("train", "valid")          # of the data, which a training sees


def sections(params: Params) -> tuple[str, ...]:
    """Return SECTIONS, and teaching where the loss network is taught."""
    return (*SECTIONS, "teaching") if params.loss_network.source == "taught" else SECTIONS


def parameters(variant: Variant, params: Params) -> dict[str, Any]:
    """Return what a training depends on, by dotted names."""
    return runs.variant_parameters(variant, params, *sections(params))


def metrics(last_epoch: Mapping[str, float], speed: Mapping[str, float]) -> dict[str, float]:
    """Return the numbers that stand for a training.

    Args:
        last_epoch: As in metrics/train.
        speed: `seconds` and `images_per_second` of the whole training.
    """
    return {f"train/{name}": value for name, value in {**last_epoch, **speed}.items()}


def start_or_resume_run(config: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
                        tags: Mapping[str, str], began: float | None = None) -> str:
    """Create a training's run, or resume it where the training was interrupted; return MLflow's id of it.

    Args:
        config: Names the store and MLflow's experiment.
        variant: What is trained.
        training: The name of the training, 32 hexadecimal digits (`training.runs.Run`).
        parameters: By dotted names.
        tags: For the run, also for one that is resumed.
        began: When the training of a new run began, in seconds since 1970; None for now.
    """
    run = find_or_create_training_run(config, variant, training, parameters, tags, began)
    runs.add_tags(config, run, {name: value for name, value in tags.items() if run.data.tags.get(name) != value})
    if run.info.status != "RUNNING":
        retry_while_away(config, client(config).update_run, run.info.run_id, status="RUNNING")
    return run.info.run_id


def find_or_create_training_run(config: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
                                tags: Mapping[str, str], began: float | None = None) -> "Run":
    """Return a training's run.

    It is a new one where there is none yet, where the training was tracked in another store, and where its run was
    deleted. Arguments as for `start_or_resume_run`; `tags` are for a new run only.
    """
    run = runs.find_or_create_run(config, "training", training, f"{variant.name}, training",
                                  {"variant": variant.name, "label": variant.label, **tags}, began)
    if run.info.status != "FINISHED":  # a later version of params.yaml or this code may know more parameters
        runs.add_parameters(config, run, parameters)
    seen = datasets(parameters)
    log_datasets(config, run, {split: seen[split] for split in SPLITS if split in seen})
    return run


def mark_ended(config: Tracking, run_id: str, status: Literal["FINISHED", "FAILED", "KILLED"]) -> None:
    """Mark a run as ended.

    Raises:
        NoAnswer, Refused: MLflow is away or refuses.
        MlflowException: There is no such run.
    """
    retry_while_away(config, client(config).set_terminated, run_id, status)


def live_logger(config: Tracking, run_id: str) -> Live:
    """Return what logs rows of steps and epochs during training, whether or not the server is there."""
    return Live(store_uri(config), run_id)


def log_missing_rows(config: Tracking, run_id: str, steps: Sequence[Row], epochs: Sequence[Row]) -> None:
    """Log those of a training's rows that its run does not have, so that it has each step once."""
    connection, now = client(config), int(time.time() * 1000)
    waiting: list[Entry] = [TimedRow("step/", row, now) for row in steps]
    waiting += [TimedRow("epoch/", row, now) for row in epochs]
    logged = LoggedSteps()
    with rows.logging_rows:
        while waiting:
            batch = rows.first_request(waiting)
            retry_while_away(config, rows.log_entries, connection, run_id, batch, logged)
            del waiting[:len(batch)]


def log_missing_pictures(config: Tracking, run_id: str, pictures: Sequence[Picture]) -> None:
    """Log those of a training's pictures that its run does not have."""
    connection, logged = client(config), LoggedPictures()
    with rows.logging_rows:
        for picture in pictures:
            retry_while_away(config, log_picture, connection, run_id, picture, logged)
