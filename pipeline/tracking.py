"""MLflow: one experiment, one run per trained variant, to which later stages add."""

import contextlib
import logging
import math
import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import Tracking, Variant
from pipeline.json_file import read_json, write_json
from pipeline.workspace import project_root

if TYPE_CHECKING:
    from torch import nn

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
for noisy in ("alembic", "mlflow", "mlflow.store.db.utils"):
    logging.getLogger(noisy).setLevel(logging.ERROR)


def store_uri(config: Tracking) -> str:
    """tracking.uri, else MLFLOW_TRACKING_URI, else a database in the project's folder (also from DVC's copies)."""
    return config.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"


def client(config: Tracking):
    """An MLflow client for the store, made on the first call."""
    import mlflow

    mlflow.set_tracking_uri(store_uri(config))
    return mlflow.MlflowClient()


def experiment_id(config: Tracking) -> str:
    """The experiment, created if missing. With the default store its files go to mlartifacts/ beside the database."""
    connection = client(config)
    found = connection.get_experiment_by_name(config.experiment)
    if found:
        return found.experiment_id
    default = store_uri(config) == f"sqlite:///{project_root() / 'mlflow.db'}"
    location = (project_root() / "mlartifacts").as_uri() if default else None
    return connection.create_experiment(config.experiment, artifact_location=location)


def start_run(config: Tracking, variant: Variant, tags: dict[str, str], remembered: Path) -> str:
    """The run of a variant's training: a new one, or the one an interrupted training had begun.

    `remembered` is a file beside the checkpoints that holds the run's id.
    """
    connection = client(config)
    known = existing_run(config, remembered)
    if known:
        connection.update_run(known, status="RUNNING")
        return known
    run = connection.create_run(experiment_id(config), run_name=f"{variant.name} ({variant.label})",
                                tags={**tags, **source_tags()})
    connection.log_batch(run.info.run_id, params=parameters(variant))
    write_run(remembered, run.info.run_id)
    return run.info.run_id


@contextlib.contextmanager
def ended_as_it_ends(config: Tracking, run_id: str) -> Iterator[None]:
    """Mark the run FINISHED, FAILED or KILLED as the block ends."""
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        client(config).set_terminated(run_id, status)


def write_run(path: Path, run_id: str) -> None:
    """Remember a run's id in a small JSON file, atomically."""
    write_json(path, {"run_id": run_id})


def existing_run(config: Tracking, remembered: Path) -> str | None:
    """The run id in a file, if the file is there and the store still has the run."""
    from mlflow.exceptions import MlflowException

    if not remembered.is_file():
        return None
    run_id = read_json(remembered)["run_id"]
    try:
        run = client(config).get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":  # the store does not answer
            raise
        return None
    return run_id if run.info.lifecycle_stage == "active" else None


def parameters(variant: Variant) -> list:
    """The resolved configuration as MLflow parameters with dotted names."""
    from mlflow.entities import Param

    return [Param(name, ",".join(map(str, value)) if isinstance(value, list) else str(value))
            for name, value in flat(variant.model_dump(), ".").items()]


def flat(nested: dict[str, Any], separator: str = "/") -> dict[str, Any]:
    """{"svm": {"aligned": {"C": 1.0}}} → {"svm/aligned/C": 1.0}; what is null or empty is left out."""
    found = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            found |= {f"{name}{separator}{inner}": leaf for inner, leaf in flat(value, separator).items()}
        elif value is not None:
            found[name] = value
    return found


def source_tags() -> dict[str, str]:
    """Tags for where the code came from: git commit, and the DVC experiment's name if there is one."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project_root(), capture_output=True, text=True)
    tags = {"git_commit": commit.stdout.strip() or "none"}
    if os.environ.get("DVC_EXP_NAME"):
        tags["dvc_experiment"] = os.environ["DVC_EXP_NAME"]
    return tags


def log_rows(config: Tracking, run_id: str, rows: list[dict[str, float]], prefix: str = "") -> None:
    """Rows with a `step` as metrics `<prefix><name>` at that step, in one request."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    metrics = [Metric(f"{prefix}{name}", float(value), now, int(row["step"]))
               for row in rows for name, value in row.items() if name != "step"]
    connection = client(config)
    for start in range(0, len(metrics), 1000):  # MLflow takes at most 1,000 in one request
        connection.log_batch(run_id, metrics=metrics[start:start + 1000])


def step_logger(config: Tracking, run_id: str) -> Callable[[list[dict[str, float]]], None]:
    """For the training loop: logs rows of steps."""
    return _Logger(config, run_id, "step/")


def epoch_logger(config: Tracking, run_id: str) -> Callable[[dict[str, float]], None]:
    """For the training loop: logs the row of an epoch."""
    return _Logger(config, run_id, "epoch/")


class _Logger:
    """Picklable, so that Ray can send it to a worker."""

    def __init__(self, config: Tracking, run_id: str, prefix: str):
        self.config, self.run_id, self.prefix = config, run_id, prefix

    def __call__(self, rows: list[dict[str, float]] | dict[str, float]) -> None:
        log_rows(self.config, self.run_id, [rows] if isinstance(rows, dict) else rows, self.prefix)


def add_to_run(config: Tracking, remembered: Path, variant: Variant, metrics: dict[str, float] | None = None,
               artifacts: dict[str, list[Path]] | None = None) -> str:
    """Add metrics and files to a variant's run; a new run where the store does not know it (results pulled elsewhere).

    `artifacts`: the run's folder → files. Returns the run's id. Metrics that are not finite are left out.
    """
    connection = client(config)
    run_id = existing_run(config, remembered) or run_trained_elsewhere(config, remembered, variant)
    finite = {name: value for name, value in (metrics or {}).items() if math.isfinite(value)}
    log_rows(config, run_id, [{"step": 0, **finite}])
    for folder, paths in (artifacts or {}).items():
        for path in paths:
            connection.log_artifact(run_id, str(path), folder)
    return run_id


def run_trained_elsewhere(config: Tracking, remembered: Path, variant: Variant) -> str:
    """A run in this store that stands for one of another store, found again by the tag `trained_as`."""
    connection, experiment = client(config), experiment_id(config)
    original = read_json(remembered)["run_id"]
    found = connection.search_runs([experiment], f"tags.trained_as = '{original}'", max_results=1)
    if found:
        return found[0].info.run_id
    run = connection.create_run(experiment, run_name=f"{variant.name} ({variant.label})",
                                tags={**source_tags(), "trained_as": original})
    connection.log_batch(run.info.run_id, params=parameters(variant))
    return run.info.run_id


def log_model(config: Tracking, run_id: str, model: "nn.Module", encodes: bool) -> None:
    """The trained model as an MLflow model: images float32 N×3×S×S in -1 … 1 → reconstructions of the same shape.

    One that does not encode: z float32 N×latent_dim → images. Stored as a graph (torch.export), so that loading it
    runs no code and needs none of this project's.
    """
    import mlflow
    import torch
    from mlflow.models import infer_signature

    client(config)
    with torch.no_grad():
        example = torch.randn(2, model.latent_dim, generator=torch.Generator().manual_seed(0))
        if encodes:
            example = model.decode(example).clamp(-1, 1).contiguous()
        signature = infer_signature(example.numpy(), model(example).numpy())
    with mlflow.start_run(run_id=run_id, log_system_metrics=False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No complete tensor found")  # torch.export, about weights on a GPU
        mlflow.pytorch.log_model(model, name="model", signature=signature, input_example=example.numpy(),
                                 serialization_format="pt2",
                                 pip_requirements=[f"torch=={torch.__version__.split('+')[0]}"])
