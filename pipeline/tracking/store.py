"""Where MLflow keeps runs: a database, or a server that may be away for a while.

Every call waits for the server, for tracking.patience seconds.
"""

import contextlib
import fcntl
import functools
import os
import re
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.config import Tracking
from pipeline.errors import InputError
from pipeline.tracking.live import RETRY_SECONDS, cause, is_away, is_stale, say, shown
from pipeline.workspace import project_root


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

    uri = store_uri(config)
    mlflow.set_tracking_uri(uri)
    if uri.startswith("sqlite"):
        create_database(uri)
    return mlflow.MlflowClient()


@functools.cache
def create_database(uri: str) -> None:
    """Let one process alone create the tables of a SQLite file, or bring them up to date: MLflow fails where two do."""
    from mlflow import MlflowClient
    from sqlalchemy.engine import make_url

    with contextlib.suppress(Exception):  # the call that follows fails too, and says why
        with open(f"{make_url(uri).database}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed, by whatever way this process ends
            MlflowClient(uri).search_experiments(max_results=1)


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

    Raises Refused where it was deleted.
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
        raise Refused(f"the experiment {config.experiment} was deleted in MLflow at {shown(store_uri(config))}; "
                      f"restore it (mlflow experiments restore --experiment-id {experiment.experiment_id}), or set "
                      "tracking.experiment to another name.")
    return experiment.experiment_id
