"""What all runs in MLflow have: an identity that finds them again, parameters, metrics, tags and files."""

import math
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.config.params import Params
from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.tracking.experiments import (
    experiment_name,
    experiment_tag,
    find_or_create_mlflow_experiment,
    mlflow_source_tags,
    source_tags,
)
from pipeline.tracking.rows import REQUEST_METRICS
from pipeline.tracking.store import client
from pipeline.tracking.waiting import retry_while_away

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

Kind = Literal["training", "results", "report"]
SOURCES: Mapping[Kind, str] = {"training": "stages/train.py", "results": "stages/track.py", "report": "stages/track.py"}
REQUEST_PARAMETERS = 100  # MLflow takes at most so many in one request


def find_or_create_run(config: Tracking, kind: Kind, identity: str, name: str, tags: Mapping[str, str],
                       began: float | None = None) -> "Run":
    """Return the run whose tag `kind` has the value `identity`, and create it if it is missing.

    A run is found again where the answer to its creation, and with it its id, was lost. Runs that were deleted in
    MLflow are ignored.

    Args:
        config: Names the store and MLflow's experiment.
        kind: What the run is for; also the name of the tag that holds the identity.
        identity: Unique for the kind: a training's name or a record's key.
        name: For a new run; the experiment's name is put before it.
        tags: For a new run; tags that say where it comes from are added.
        began: When a new run began, in seconds since 1970, for MLflow's Duration; None for now.
    """
    connection, experiment = client(config), find_or_create_mlflow_experiment(config)

    def find_or_create() -> "Run":
        return oldest_run(connection, experiment, kind, identity) or connection.create_run(
            experiment, run_name=f"{experiment_name()}: {name}", start_time=int(1000 * (began or time.time())),
            tags={**tags, **source_tags(), **mlflow_source_tags(SOURCES[kind]), "kind": kind, kind: identity,
                  experiment_tag(): "made it"})

    return retry_while_away(config, find_or_create)


def find_run(config: Tracking, kind: Kind, identity: str) -> "Run | None":
    """Return the run whose tag `kind` has the value `identity`; None if there is none."""
    return retry_while_away(config, oldest_run, client(config), find_or_create_mlflow_experiment(config), kind,
                            identity)


def oldest_run(connection: "MlflowClient", experiment: str, kind: Kind, identity: str) -> "Run | None":
    """Return the run with an identity; the oldest, where two processes created one at the same moment."""
    runs = connection.search_runs([experiment], f"tags.{kind} = '{identity}'", max_results=1,
                                  order_by=["attributes.start_time ASC"])
    return runs[0] if runs else None


def add_to_experiment(config: Tracking, run: "Run") -> None:
    """Tag a run as one of the present experiment too, unless it is tagged so already."""
    if experiment_tag() not in run.data.tags:
        retry_while_away(config, client(config).set_tag, run.info.run_id, experiment_tag(), "took it over")


def mark_finished(config: Tracking, run: "Run") -> None:
    """Mark a run FINISHED that is not."""
    if run.info.status != "FINISHED":
        retry_while_away(config, client(config).set_terminated, run.info.run_id, "FINISHED")


def variant_parameters(variant: Variant, params: Params, *sections: str) -> dict[str, Any]:
    """Return a variant's resolved configuration and some sections of params.yaml, by dotted names."""
    values = variant.model_dump() | {section: getattr(params, section).model_dump() for section in sections}
    return flatten(values, ".")


def flatten(nested: Mapping[str, Any], separator: str = "/") -> dict[str, Any]:
    """Return {"svm/aligned/C": 1.0} for {"svm": {"aligned": {"C": 1.0}}}; leaves out what is null or empty."""
    leaves: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            leaves |= {f"{name}{separator}{inner}": leaf for inner, leaf in flatten(value, separator).items()}
        elif value is not None:
            leaves[name] = value
    return leaves


def add_parameters(config: Tracking, run: "Run", values: Mapping[str, Any]) -> None:
    """Log the parameters that a run does not have. MLflow does not let a parameter be changed."""
    from mlflow.entities import Param

    missing = [Param(name, ",".join(map(str, value)) if isinstance(value, list) else str(value))
               for name, value in values.items() if name not in run.data.params]
    for start in range(0, len(missing), REQUEST_PARAMETERS):
        retry_while_away(config, client(config).log_batch, run.info.run_id,
                         params=missing[start:start + REQUEST_PARAMETERS])


def add_metrics(config: Tracking, run: "Run", metrics: Mapping[str, float],
                links: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Log metrics, except those that are not finite and those that the run has with the same value.

    Args:
        config: Names the store.
        run: Gets the metrics.
        metrics: By name.
        links: By name, which model and which data set a metric is of: `model_id`, `dataset_name`, `dataset_digest`.
    """
    from mlflow.entities import Metric

    now = int(time.time() * 1000)  # MLflow keeps a metric with the same time and value once, however often it is sent
    new = [Metric(name, float(value), now, 0, **(links or {}).get(name, {})) for name, value in metrics.items()
           if math.isfinite(value) and run.data.metrics.get(name) != value]
    for start in range(0, len(new), REQUEST_METRICS):
        retry_while_away(config, client(config).log_batch, run.info.run_id, new[start:start + REQUEST_METRICS])


def add_tags(config: Tracking, run: "Run", tags: Mapping[str, str | int | float]) -> None:
    """Set tags, replacing values that a run has."""
    for name, value in tags.items():
        retry_while_away(config, client(config).set_tag, run.info.run_id, name, str(value))


def upload_files(config: Tracking, run: "Run", files: Mapping[str, Sequence[Path]]) -> None:
    """Upload files as artifacts.

    DVC makes results read-only. A store on this disk would keep that mode, and no second upload could replace a file
    whose first one was cut off. So copies that can be written are uploaded.

    Args:
        config: Names the store.
        run: Gets the files.
        files: Local files by the run's folder.
    """
    with tempfile.TemporaryDirectory() as writable:
        for folder, file_paths in files.items():
            for path in file_paths:
                copy = shutil.copyfile(path, Path(writable) / path.name)
                retry_while_away(config, client(config).log_artifact, run.info.run_id, str(copy), folder)
