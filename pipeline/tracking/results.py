"""Records of what is computed from a trained variant, and of the report, which is on all variants.

A record has a key (`keys`), and is written once. An experiment whose results have the same key is added to it by a tag.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config import Tracking, Variant
from pipeline.tracking import runs
from pipeline.tracking.store import client, patient
from pipeline.workspace import digest

RESULTS_RUN = "results_run"  # a tag of a training's run: the record that has its scores


class Contents(NamedTuple):
    """What a record says. metrics, parameters: by name. files: the record's folder → files. tags: by name."""

    metrics: Mapping[str, float]
    parameters: Mapping[str, Any]
    files: Mapping[str, Sequence[Path]]
    tags: Mapping[str, str | int | float]


def write_results(config: Tracking, variant: Variant, key: str, training_run: str, contents: Contents) -> str:
    """Write the record of a variant's results, or join the one that has this key; MLflow's id of it.

    training_run: MLflow's id of the training, which gets the scores too, if it has none yet.
    """
    tags = {"variant": variant.name, "label": variant.label, "training_run": training_run}
    record = written(config, "results", key, f"{variant.name}, results", tags, contents)
    give_scores(config, training_run, record)
    return record.info.run_id


def write_report(config: Tracking, key: str, contents: Contents) -> str:
    """Write the record of the report, or join the one that has this key; MLflow's id of it."""
    return written(config, "report", key, "report", {}, contents).info.run_id


def written(config: Tracking, kind: runs.Kind, key: str, name: str, tags: Mapping[str, str], contents: Contents):
    """The record, whole. One that was cut off is completed, and one that is FINISHED stays as it is.

    What decides may give other numbers on another machine. These then have a record of their own.
    """
    finite = {runs.allowed(metric): value for metric, value in contents.metrics.items() if math.isfinite(value)}
    record = runs.found_or_created(config, kind, key, name, tags)
    if record.info.status == "FINISHED" and record.data.metrics != finite:
        record = runs.found_or_created(config, kind, f"{key}-{digest(json.dumps(finite, sort_keys=True))}", name, tags)
    if record.info.status != "FINISHED":
        runs.add_parameters(config, record, contents.parameters)
        runs.add_metrics(config, record, finite)
        runs.add_tags(config, record, contents.tags)
        runs.upload_files(config, record, contents.files)
        runs.finish(config, record)
    runs.add_to_experiment(config, record)
    return patient(config, client(config).get_run, record.info.run_id)


def join_results(config: Tracking, key: str, training_run: str) -> bool:
    """Whether the results of a training's weights are known under `key`; then its run gets their scores.

    So a training that was forced, and gave weights that had been there before, has its scores although DVC runs no
    stage behind it.
    """
    record = runs.found(config, "results", key)
    if record is None or record.info.status != "FINISHED":
        return False
    runs.add_to_experiment(config, record)
    give_scores(config, training_run, record)
    return True


def give_scores(config: Tracking, training_run: str, record) -> None:
    """Copy a record's scores to a training's run, and name the record there; a run that has scores keeps them."""
    run = patient(config, client(config).get_run, training_run)
    if run.data.tags.get(RESULTS_RUN, record.info.run_id) == record.info.run_id:
        runs.add_tags(config, run, {RESULTS_RUN: record.info.run_id})
        runs.add_metrics(config, run, {name: value for name, value in record.data.metrics.items()
                                       if not name.startswith("train/")})
