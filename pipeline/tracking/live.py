"""Rows on their way from the training loop to MLflow, which may be away for a while."""

import logging
import os
import re
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from mlflow import MlflowClient

Row = dict[str, float]
Stamped = tuple[str, Row, int]  # step/ or epoch/, a row with a `step`, when it came (ms); or TAGS, names and values
TAGS = "tags"

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # we repeat, and look first what was carried out
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
for noisy in ("alembic", "mlflow", "mlflow.store.db.utils"):
    logging.getLogger(noisy).setLevel(logging.ERROR)

RETRY_SECONDS = 3.0
REQUEST_METRICS = 1000      # MLflow takes at most so many in one request
sending = threading.Lock()  # held from asking for a run's steps to sending others


class Live:
    """For the training loop: logs rows as they come, from a thread of its own. Never raises, never holds training up.

    Can be pickled, to a worker, where it starts empty. To be closed before `complete` delivers what is missing.
    """

    def __init__(self, uri: str, run_id: str):
        self.uri, self.run_id = uri, run_id
        self._waiting: list[Stamped] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def __reduce__(self):
        return Live, (self.uri, self.run_id)

    def on_start(self, trained: dict[str, str | int]) -> None:
        """Tag the run with what trains it."""
        self._put(TAGS, [trained])

    def on_steps(self, rows: list[Row]) -> None:
        """Log rows of steps, as step/<name>."""
        self._put("step/", rows)

    def on_epoch(self, row: Row) -> None:
        """Log the row of an epoch, as epoch/<name>."""
        self._put("epoch/", [row])

    def close(self, seconds: float = 10) -> None:
        """Wait until all rows are delivered, at most so long. Drops what is left then, and what still comes."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting, seconds):
                say(f"{len(self._waiting)} rows have not reached MLflow at {shown(self.uri)}; "
                    "they are delivered when training ends")
            self._end()

    def _put(self, prefix: str, rows: list[Row]) -> None:
        now = int(time.time() * 1000)
        with self._changed:
            if self._closed:
                return
            self._waiting += [(prefix, row, now) for row in rows]
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver, name="MLflow", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _end(self) -> None:
        self._closed = True
        self._waiting.clear()
        self._changed.notify_all()

    def _deliver(self) -> None:
        """The thread: sends what waits until closed, or until MLflow refuses."""
        connection, known, failures, told, late = None, {}, 0, False, 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                batch = one_request(self._waiting)
            try:
                with sending:
                    if self._closed:
                        return
                    connection = connection or connect(self.uri)
                    send(connection, self.run_id, batch, known)
            except Exception as error:
                if not is_away(error):
                    say(f"MLflow at {shown(self.uri)} takes no rows from here ({cause(error)}); training goes on, "
                        "they are delivered when it ends")
                    with self._changed:
                        return self._end()
                failures += 1
                if failures == 1 and is_stale(error):
                    continue
                if not told:
                    say(f"MLflow at {shown(self.uri)} does not answer ({cause(error)}); training goes on, rows wait")
                    told = True
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, RETRY_SECONDS)
                continue
            with self._changed:
                del self._waiting[:len(batch)]
                self._changed.notify_all()
                behind = bool(self._waiting)
            failures = 0
            if told:
                late += len(batch)
                if not behind:
                    say(f"MLflow at {shown(self.uri)} answers again; {late} rows that had waited are delivered")
                    told, late = False, 0


def connect(uri: str) -> "MlflowClient":
    """A client for a store, from a worker. Raises FileNotFoundError for a database that is on another machine."""
    from mlflow import MlflowClient

    path = uri.removeprefix("sqlite:///")
    if path != uri and not Path(path).is_file():  # MLflow would make a new one
        raise FileNotFoundError(f"{path} is not on this machine")
    return MlflowClient(uri)


def send(connection: "MlflowClient", run_id: str, rows: list[Stamped], known: dict[str, set[int]]) -> None:
    """Log those rows whose step the run does not have, in one request.

    `known`: the steps it has, by prefix; asked for where missing, and forgotten when a request fails, as it may have
    been carried out all the same.
    """
    from mlflow.entities import Metric

    metrics = []
    try:
        for prefix, row, at in rows:
            if prefix == TAGS:
                for name, value in row.items():
                    connection.set_tag(run_id, name, str(value))
                continue
            if prefix not in known:
                history = connection.get_metric_history(run_id, f"{prefix}learning_rate")  # all rows have it
                known[prefix] = {metric.step for metric in history}
            step = int(row["step"])
            if step not in known[prefix]:
                known[prefix].add(step)
                metrics += [Metric(f"{prefix}{name}", float(value), at, step)
                            for name, value in row.items() if name != "step"]
        if metrics:
            connection.log_batch(run_id, metrics=metrics)
    except Exception:
        known.clear()
        raise


def one_request(rows: list[Stamped]) -> list[Stamped]:
    """As many of the first rows as one request may have; a row is never in two, so that a step is there or is not."""
    total = 0
    for number, (_, row, _) in enumerate(rows):
        total += len(row)
        if total > REQUEST_METRICS:
            return rows[:number or 1]
    return rows[:]


def is_away(error: Exception) -> bool:
    """Whether an error says that MLflow does not answer now (no connection, timeout, 5xx), and not that it refuses."""
    if isinstance(error, ImportError):  # of MLflow itself
        return False
    import requests
    from mlflow.exceptions import MlflowException

    if isinstance(error, MlflowException):
        if error.error_code == "TEMPORARILY_UNAVAILABLE":  # the database; of SQLite only a lock passes
            return "sqlite3" not in str(error) or "locked" in str(error)
        error = error.__cause__ or error.__context__
    if isinstance(error, requests.HTTPError):
        return error.response.status_code >= 500
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.RetryError,
               requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing) and not isinstance(error, requests.exceptions.SSLError)


def is_stale(error: Exception) -> bool:
    """Whether it may be the connection alone, which the server has closed because it was idle: try again at once."""
    return "Connection aborted" in str(error)


def cause(error: Exception) -> str:
    """An error in a few words, out of the messages of libraries that wrap each other."""
    found = re.search(r"Errno -?\d+\] ([^'\")]+)|(timed out|\d+ error responses|closed connection)", str(error))
    return found[1] or found[2] if found else (str(error) or type(error).__name__).splitlines()[0][:200]


def shown(uri: str) -> str:
    """A store's URI without a password."""
    return re.sub("//[^/@]*@", "//", uri)


def say(line: str) -> None:
    """A line on stderr, above a progress bar if there is one."""
    tqdm.write(line, file=sys.stderr)
