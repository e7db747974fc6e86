"""Records of what is computed from a trained variant, and of the report, which is on all variants.

A record has a key (`keys`) and is written once. An experiment whose results have the same key joins it by a tag.
"""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.files.hashes import digest
from pipeline.tracking import runs
from pipeline.tracking.contents import Contents
from pipeline.tracking.datasets import log_datasets, measured_on
from pipeline.tracking.experiments import mlflow_name
from pipeline.tracking.store import client
from pipeline.tracking.waiting import retry_while_away

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

RESULTS_RUN = "results_run"  # a tag of a training's run: the record that has its scores


def write_or_join_results(config: Tracking, variant: Variant, key: str, training_run: str, contents: Contents,
                          model: "LoggedModel | None" = None) -> str:
    """Write the record of a variant's results, or join the one that has this key; return MLflow's id of it.

    Args:
        config: Names the store and MLflow's experiment.
        variant: What the results are of.
        key: From `keys.results_keys`.
        training_run: MLflow's id of the training, which gets the scores too if it has none yet.
        contents: What the record says.
        model: What the results are of, as it was logged: its page gets the record's numbers.
    """
    tags = {"variant": variant.name, "label": variant.label, "training_run": training_run}
    record = write_or_join_record(config, "results", key, f"{variant.name}, results", tags, contents, model)
    copy_scores(config, training_run, record)
    return record.info.run_id


def write_or_join_report(config: Tracking, key: str, contents: Contents) -> str:
    """Write the record of the report, or join the one that has this key; return MLflow's id of it."""
    return write_or_join_record(config, "report", key, "report", {}, contents).info.run_id


def write_or_join_record(config: Tracking, kind: runs.Kind, key: str, name: str, tags: Mapping[str, str],
                         contents: Contents, model: "LoggedModel | None" = None) -> "Run":
    """Return the whole record with a key. Complete one that was cut off, and leave one that is FINISHED as it is.

    Another machine may compute other numbers from the same files. These have a record of their own.
    """
    finite = {mlflow_name(metric): value for metric, value in contents.metrics.items() if math.isfinite(value)}
    record = runs.find_or_create_run(config, kind, key, name, tags)
    if record.info.status == "FINISHED" and record.data.metrics != finite:
        key_of_numbers = f"{key}-{digest(json.dumps(finite, sort_keys=True))}"
        record = runs.find_or_create_run(config, kind, key_of_numbers, name, tags)
    if record.info.status != "FINISHED":
        runs.add_parameters(config, record, contents.parameters)
        log_datasets(config, record, contents.datasets)
        if model is not None:
            retry_while_away(config, log_model_input, client(config), record.info.run_id, model.model_id)
        runs.add_metrics(config, record, finite, {name: links(name, contents, model) for name in finite})
        runs.add_tags(config, record, contents.tags)
        runs.upload_files(config, record, contents.files)
        runs.mark_finished(config, record)
    runs.add_to_experiment(config, record)
    return retry_while_away(config, client(config).get_run, record.info.run_id)


def links(metric: str, contents: Contents, model: "LoggedModel | None") -> dict[str, str]:
    """Return which model and which data set a number is of, as MLflow's Metric takes it. The report has no model."""
    if model is None:
        return {}
    dataset = contents.datasets.get(measured_on(metric, contents.reference) or "")
    of_data = {"dataset_name": dataset.name, "dataset_digest": dataset.digest} if dataset else {}
    return {"model_id": model.model_id, **of_data}


def log_model_input(connection: "MlflowClient", record: str, model_id: str) -> None:
    """Let a record say of which model it is, once."""
    from mlflow.entities import LoggedModelInput

    inputs = connection.get_run(record).inputs
    if model_id not in {known.model_id for known in (inputs.model_inputs if inputs else [])}:
        connection.log_inputs(record, models=[LoggedModelInput(model_id)])


def join_known_results(config: Tracking, key: str, training_run: str) -> bool:
    """Join the record with a key, if it is there and FINISHED, and copy its scores to the training's run.

    So a training that was forced, and gave the same weights as before, gets its scores although DVC runs no stage
    behind it.

    Returns:
        True if there is such a record.
    """
    record = runs.find_run(config, "results", key)
    if record is None or record.info.status != "FINISHED":
        return False
    runs.add_to_experiment(config, record)
    copy_scores(config, training_run, record)
    return True


def copy_scores(config: Tracking, training_run: str, record: "Run") -> None:
    """Copy a record's scores to a training's run, and tag that with the record; a run that has scores keeps them."""
    run = retry_while_away(config, client(config).get_run, training_run)
    if run.data.tags.get(RESULTS_RUN, record.info.run_id) == record.info.run_id:
        runs.add_tags(config, run, {RESULTS_RUN: record.info.run_id})
        runs.add_metrics(config, run, {name: value for name, value in record.data.metrics.items()
                                       if not name.startswith("train/")})
