"""MLflow: one experiment, one run per trained variant, to which later stages add.

The store may be a server that is away for a while: every call waits for it, for tracking.patience seconds.
"""

import contextlib
import json
import math
import os
import re
import subprocess
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import Tracking, Variant
from pipeline.errors import InputError
from pipeline.live_tracking import (
    REQUEST_METRICS,
    RETRY_SECONDS,
    Live,
    Row,
    cause,
    is_away,
    is_stale,
    one_request,
    say,
    send,
    sending,
    shown,
)
from pipeline.storage import Folder
from pipeline.workspace import project_root

if TYPE_CHECKING:
    import numpy as np
    from torch import nn


RUN = "mlflow_run.json"  # in the folder of a training's checkpoints: the id of its run


class NoAnswer(InputError):
    """MLflow has not answered for as long as tracking.patience says."""


class Refused(InputError):
    """MLflow has answered, but does not do what it is asked for."""


def store_uri(config: Tracking) -> str:
    """tracking.uri, else MLFLOW_TRACKING_URI, else a database in the project's folder (also from DVC's copies).

    Raises InputError where it is neither a database nor a server, but a folder, as was MLflow's default once.
    """
    named_by = "tracking.uri" if config.uri else "MLFLOW_TRACKING_URI"
    uri = config.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"
    if re.match(r"(sqlite|mysql|postgresql|mssql)(\+\w+)?:|https?:|databricks(-uc)?(:|$)|uc:", uri):
        return uri
    scheme = uri.partition(":")[0]
    if scheme in {plugin.name for plugin in metadata.entry_points(group="mlflow.tracking_store")}:
        return uri
    folder = re.fullmatch("(?:file:(?://)?)?([^:]+)", uri)
    beside = (project_root() / Path(folder[1]).expanduser()).resolve().parent if folder else project_root()
    but = "not in a folder" if folder else "which this is not"
    raise InputError(f"{named_by} is {shown(uri)}, but MLflow keeps runs in a database or on a server, {but}; set it "
                     f"to sqlite:///{beside / 'mlflow.db'} or http://host:port, or leave it empty for mlflow.db in "
                     "this project")


def client(config: Tracking):
    """An MLflow client for the store, made on the first call."""
    import mlflow

    mlflow.set_tracking_uri(store_uri(config))
    return mlflow.MlflowClient()


def patient(config: Tracking, call: Callable, *arguments: Any) -> Any:
    """What a call to MLflow returns, repeated while the server is away; `call` has to stay right when repeated.

    Says on stderr that it waits, and that it need not any more. Raises NoAnswer after tracking.patience seconds, and
    Refused where the server answers with an error; but MlflowException as it is where what is asked for does not exist.
    """
    from mlflow.exceptions import MlflowException

    failures, told, since, uri = 0, False, 0.0, shown(store_uri(config))
    while True:
        try:
            answer = call(*arguments)
        except Exception as error:
            if not is_away(error):
                if not isinstance(error, MlflowException) or error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    raise
                raise Refused(f"MLflow at {uri} refuses: {cause(error)}; check tracking.uri, and the user and password "
                              "in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD if it asks for them") from error
            failures += 1
            if failures == 1 and is_stale(error):
                continue
            since = since or time.monotonic()
            left = since + config.patience - time.monotonic()
            if left <= 0:
                raise NoAnswer(f"MLflow at {uri} has not answered for {config.patience} s ({cause(error)}); start it, "
                               "or set tracking.uri, and run again: nothing computed is lost.") from None
            if not told:
                say(f"MLflow at {uri} does not answer ({cause(error)}); waiting for it, at most {config.patience} s")
                told = True
        else:
            if told:
                say(f"MLflow at {uri} answers again")
            return answer
        time.sleep(min(RETRY_SECONDS, left))


def experiment_id(config: Tracking) -> str:
    """The experiment, created if missing. With the default store its files go to mlartifacts/ beside the database.

    Raises InputError where it was deleted.
    """
    from mlflow.exceptions import MlflowException

    connection = client(config)
    default = store_uri(config) == f"sqlite:///{project_root() / 'mlflow.db'}"
    location = (project_root() / "mlartifacts").as_uri() if default else None

    def found_or_created():
        if found := connection.get_experiment_by_name(config.experiment):
            return found
        try:
            connection.create_experiment(config.experiment, artifact_location=location)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another run was faster
                raise
        return connection.get_experiment_by_name(config.experiment)

    experiment = patient(config, found_or_created)
    if experiment.lifecycle_stage == "deleted":
        raise InputError(f"the experiment {config.experiment} was deleted in MLflow at {shown(store_uri(config))}; "
                         f"restore it (mlflow experiments restore --experiment-id {experiment.experiment_id}), or "
                         "set tracking.experiment to another name.")
    return experiment.experiment_id


def start_run(config: Tracking, variant: Variant, tags: dict[str, str], folder: Path | Folder) -> str:
    """The run of a variant's training: a new one, or the one an interrupted training had begun.

    `folder`: of the checkpoints; it remembers the run's id.
    """
    connection = client(config)
    run_id = read_run(folder)
    if run_id and exists(config, run_id):
        patient(config, lambda: connection.update_run(run_id, status="RUNNING"))
    else:
        run_id = tagged_run(config, variant, "created_as", uuid.uuid4().hex, tags).info.run_id
        write_run(folder, run_id)
    patient(config, lambda: connection.log_batch(run_id, params=parameters(variant)))
    return run_id


def tagged_run(config: Tracking, variant: Variant, tag: str, value: str, tags: dict[str, str] | None = None):
    """The run with a tag of this value, created if missing; so it is found again where the answer to its creation,
    and with it its id, got lost."""
    connection, experiment = client(config), experiment_id(config)

    def found_or_created():
        found = connection.search_runs([experiment], f"tags.{tag} = '{value}'", max_results=1)
        return found[0] if found else connection.create_run(
            experiment, run_name=f"{variant.name} ({variant.label})",
            tags={**(tags or {}), **source_tags(), tag: value})

    return patient(config, found_or_created)


@contextlib.contextmanager
def ended_as_it_ends(config: Tracking, run_id: str) -> Iterator[None]:
    """Mark the run FINISHED, FAILED or KILLED as the block ends. Raises NoAnswer where FINISHED cannot be said.

    A block that ends in NoAnswer or Refused leaves the run as it is, for `finish`.
    """
    end = client(config).set_terminated
    try:
        yield
    except (NoAnswer, Refused):
        raise
    except BaseException as reason:
        status = "KILLED" if isinstance(reason, KeyboardInterrupt) else "FAILED"
        try:  # not for long: the user waits for the reason
            patient(config.model_copy(update={"patience": min(config.patience, 10)}), end, run_id, status)
        except (NoAnswer, Refused):
            say(f"MLflow at {shown(store_uri(config))} does not answer, or refuses; the run {run_id} is not marked "
                f"{status} there")
        raise
    patient(config, end, run_id, "FINISHED")


def finish(config: Tracking, run_id: str) -> None:
    """Mark a run FINISHED that is not yet: its training could not, or it stands for one of another store."""
    connection = client(config)
    if patient(config, connection.get_run, run_id).info.status != "FINISHED":
        patient(config, connection.set_terminated, run_id, "FINISHED")


def write_run(folder: Path | Folder, run_id: str) -> None:
    """Remember a run's id in a folder's `RUN`, a small JSON file, atomically."""
    Folder.of(folder).write(RUN, (json.dumps({"run_id": run_id}, indent=1) + "\n").encode())


def read_run(folder: Path | Folder) -> str | None:
    """The run's id that a folder remembers; None if it does not."""
    found = Folder.of(folder)
    return json.loads(found.read(RUN))["run_id"] if found.has(RUN) else None


def exists(config: Tracking, run_id: str) -> bool:
    """Whether the store has a run, not deleted."""
    from mlflow.exceptions import MlflowException

    try:
        run = patient(config, client(config).get_run, run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False
    return run.info.lifecycle_stage == "active"


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
    """Tags for where the code came from: git commit, and the DVC experiment's name if there is one.

    GIT_COMMIT says the commit where there is no git repository, as in a job on a cluster.
    """
    commit = os.environ.get("GIT_COMMIT") or subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project_root(), capture_output=True, text=True).stdout.strip()
    tags = {"git_commit": commit or "none"}
    if os.environ.get("DVC_EXP_NAME"):
        tags["dvc_experiment"] = os.environ["DVC_EXP_NAME"]
    return tags


def live_logger(config: Tracking, run_id: str) -> Live:
    """For the training loop: logs rows of steps and epochs while it runs, whether or not the server is there."""
    return Live(store_uri(config), run_id)


def complete(config: Tracking, run_id: str, steps: list[Row], epochs: list[Row]) -> None:
    """Log those of a training's rows that its run does not have, so that it has each step once."""
    connection, now = client(config), int(time.time() * 1000)
    rows = [("step/", row, now) for row in steps] + [("epoch/", row, now) for row in epochs]
    known: dict[str, set[int]] = {}
    with sending:
        while rows:
            batch = one_request(rows)
            patient(config, send, connection, run_id, batch, known)
            del rows[:len(batch)]


def add_to_run(config: Tracking, trained_as: str, variant: Variant,
               metrics: dict[str, float] | None = None,
               artifacts: dict[str, list[Path]] | None = None,
               tags: dict[str, str | int | float] | None = None) -> str:
    """Add metrics, files and tags to a variant's run; a new run where the store does not know it (results pulled
    elsewhere).

    `trained_as`: the id of the training's run. `artifacts`: the run's folder → files. Returns the run's id.
    Metrics that are not finite are left out, and those that the run has with this value.
    """
    from mlflow.entities import Metric

    connection = client(config)
    run_id = trained_as if exists(config, trained_as) else run_trained_elsewhere(config, trained_as, variant)
    known, now = patient(config, connection.get_run, run_id).data.metrics, int(time.time() * 1000)
    new = [Metric(name, float(value), now, 0) for name, value in (metrics or {}).items()
           if math.isfinite(value) and known.get(name) != value]
    for start in range(0, len(new), REQUEST_METRICS):  # a metric with the same time and value is there once
        patient(config, connection.log_batch, run_id, new[start:start + REQUEST_METRICS])
    for name, value in (tags or {}).items():
        patient(config, connection.set_tag, run_id, name, str(value))
    for destination, paths in (artifacts or {}).items():
        for path in paths:
            patient(config, connection.log_artifact, run_id, str(path), destination)
    return run_id


def run_trained_elsewhere(config: Tracking, trained_as: str, variant: Variant) -> str:
    """A run in this store that stands for one of another store, found again by the tag `trained_as`."""
    run = tagged_run(config, variant, "trained_as", trained_as)
    if not run.data.params:
        patient(config, lambda: client(config).log_batch(run.info.run_id, params=parameters(variant)))
    return run.info.run_id


def has_model(config: Tracking, run_id: str) -> bool:
    """Whether the run has its model, whole."""
    return patient(config, lambda: any(model.status == "READY" for model in models_of(client(config), run_id)))


def models_of(connection, run_id: str) -> list:
    """The models that were logged to a run, also those whose upload was cut off."""
    experiment = connection.get_run(run_id).info.experiment_id
    return connection.search_logged_models([experiment], f"source_run_id = '{run_id}'")


def log_model(config: Tracking, run_id: str, model: "nn.Module", example: "tuple[np.ndarray, np.ndarray]") -> None:
    """The trained model as an MLflow model: images float32 N×3×S×S in -1 … 1 → reconstructions of the same shape.

    One that does not encode: z float32 N×latent_dim → images. `example`: what it takes, and what it makes of that.
    Stored as a graph (torch.export), so that loading it runs no code and needs none of this project's. A run that has
    its model keeps it.
    """
    import mlflow
    from mlflow.models import infer_signature

    connection, signature = client(config), infer_signature(*example)

    def logged() -> None:
        for known in models_of(connection, run_id):
            if known.status == "READY":
                return
            connection.delete_logged_model(known.model_id)  # its upload was cut off
        run = connection.get_run(run_id)
        begun = connection.create_logged_model(run.info.experiment_id, "model", run_id, params=run.data.params)
        mlflow.pytorch.log_model(model, name="model", model_id=begun.model_id, run_id=run_id, signature=signature,
                                 input_example=example[0], serialization_format="pt2",
                                 pip_requirements=[f"torch=={metadata.version('torch').split('+')[0]}"])

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No complete tensor found")  # torch.export, about weights on a GPU
        patient(config, logged)


if __name__ == "__main__":  # for `make ui`
    from pipeline.config import load_params
    from pipeline.errors import one_sentence

    with one_sentence():
        print(store_uri(load_params().tracking))
