"""Where MLflow keeps runs: in a database or on a server; and clients for it."""

import contextlib
import fcntl
import functools
import os
import re
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.running import Tracking
from pipeline.errors import InputError
from pipeline.messages import without_password
from pipeline.workspace.project import project_root

if TYPE_CHECKING:
    from mlflow import MlflowClient


def store_uri(config: Tracking) -> str:
    """Return tracking.uri, else MLFLOW_TRACKING_URI, else a database in the project's folder.

    The project's folder is the same from DVC's temporary copies.

    Raises:
        InputError: The URI names neither a database nor a server. A folder, once MLflow's default, is neither.
    """
    named_by = "tracking.uri" if config.uri else "MLFLOW_TRACKING_URI"
    uri = config.uri or os.environ.get("MLFLOW_TRACKING_URI") or default_uri()
    if re.match(r"(sqlite|mysql|postgresql|mssql)(\+\w+)?:|https?:|databricks(-uc)?(:|$)|uc:", uri):
        return uri
    scheme = uri.partition(":")[0]
    if scheme in {plugin.name for plugin in metadata.entry_points(group="mlflow.tracking_store")}:
        return uri
    folder = re.fullmatch("(?:file:(?://)?)?([^:]+)", uri)
    beside = (project_root() / Path(folder[1]).expanduser()).resolve().parent if folder else project_root()
    but = "not in a folder" if folder else "which this is not"
    raise InputError(f"{named_by} is {without_password(uri)}, but MLflow keeps runs in a database or on a server, "
                     f"{but}; set it to sqlite:///{beside / 'mlflow.db'} or http://host:port, or leave it empty for "
                     "mlflow.db in this project")


def default_uri() -> str:
    """Return the URI of the database in the project's folder."""
    return f"sqlite:///{project_root() / 'mlflow.db'}"


def client(config: Tracking) -> "MlflowClient":
    """Return an MLflow client for the store, creating a SQLite database if it is missing."""
    import mlflow

    uri = store_uri(config)
    mlflow.set_tracking_uri(uri)
    create_sqlite_database(uri)
    return mlflow.MlflowClient()


def client_of_worker(uri: str) -> "MlflowClient":
    """Return a client for a store, from a worker, which may run on another machine.

    Raises:
        FileNotFoundError: The SQLite database is on another machine. MLflow would create a new one here.
    """
    from mlflow import MlflowClient

    path = sqlite_file(uri)
    if path and not path.is_file():
        raise FileNotFoundError(f"{path} is not on this machine")
    return MlflowClient(uri)


@functools.cache
def create_sqlite_database(uri: str) -> None:
    """Create or upgrade the tables of a SQLite file, one process at a time: MLflow fails where two do it at once.

    Does nothing for other stores.
    """
    from mlflow import MlflowClient

    path = sqlite_file(uri)
    if path is None:
        return
    with contextlib.suppress(Exception), open(f"{path}.lock", "w") as lock:  # the next call fails too, and says why
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed, however this process ends
        MlflowClient(uri).search_experiments(max_results=1)


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a SQLite database by its URI, without options after a `?`; None for other stores."""
    if not uri.startswith("sqlite"):
        return None
    from sqlalchemy.engine import make_url

    name = make_url(uri).database
    return Path(name) if name and name != ":memory:" else None
