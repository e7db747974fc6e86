"""Give a training's run in MLflow all that training has left in the working tree: at its end, or in the stage track.

Reads training/, pictures/, metrics/train/, records/train/ and models/ of the variant.
"""

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.config.params import Params
from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.files.json_file import read_json
from pipeline.tracking import runs, training_run
from pipeline.tracking.contents import machine_tags
from pipeline.tracking.keys import Undecided, results_key
from pipeline.tracking.models import LoadGraph, log_model_once
from pipeline.tracking.pictures import pictures_of
from pipeline.tracking.results import join_known_results
from pipeline.tracking.rows import Row
from pipeline.tracking.store import client
from pipeline.tracking.waiting import retry_while_away
from pipeline.workspace.records import SPEED, read_record

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel


def complete_training(config: Tracking, variant: Variant, run_id: str) -> None:
    """Complete the run of a training that has just written its outputs, and join results that are known already.

    The child process of a long training calls it. The model is left to the stage track, which loads torch once for all.

    Raises:
        NoAnswer, Refused: MLflow is away or refuses. Nothing is lost: the stage track completes the run.
    """
    add_missing_parts(config, variant, run_id)
    try:
        key = results_key(variant)
    except Undecided:  # the stage track runs later and writes the results
        return
    join_known_results(config, key, run_id)


def find_and_complete_training(params: Params, variant: Variant, load_graph: LoadGraph) -> "tuple[str, LoggedModel]":
    """Find or create the run of a variant's training, complete and finish it; return MLflow's id of it, and its model.

    The stage track calls it. A short training has no run yet, and MLflow may have been away during a long one. A
    FINISHED run gets the tag of the present experiment, and the model if it has none.
    """
    config, record = params.tracking, read_record("train", variant.name)
    run = training_run.find_or_create_training_run(
        config, variant, record["training"], training_run.parameters(variant, params), {},
        time.time() - record["seconds"])
    if run.info.status != "FINISHED":
        add_missing_parts(config, variant, run.info.run_id)
    model = log_model_once(config, variant, run, load_graph)
    runs.mark_finished(config, run)
    runs.add_to_experiment(config, run)
    return run.info.run_id, model


def add_missing_parts(config: Tracking, variant: Variant, run_id: str) -> None:
    """Add the rows, pictures, metrics and tags that a training's run does not have yet."""
    record = read_record("train", variant.name)
    speed = {name: record[name] for name in SPEED}
    epochs = read_rows(paths.epochs(variant.name))
    training_run.log_missing_rows(
        config, run_id, read_rows(paths.steps(variant.name)),
        [epoch | speed for epoch, speed in zip(epochs, record["epochs"], strict=True)])
    training_run.log_missing_pictures(config, run_id, pictures_of(paths.pictures(variant.name)))
    run = retry_while_away(config, client(config).get_run, run_id)
    last_epoch = read_json(paths.metrics("train", variant.name))
    runs.add_metrics(config, run, training_run.metrics(last_epoch, speed))
    runs.add_tags(config, run, machine_tags(record))


def read_rows(table: Path) -> list[Row]:
    """Read the rows of a CSV table, without their empty cells."""
    with table.open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
