"""Rows of a training's tables, and pictures, on their way to MLflow: what one request may hold, and each step once."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pipeline.tracking.pictures import LoggedPictures, Picture, log_picture

if TYPE_CHECKING:
    from mlflow import MlflowClient

REQUEST_METRICS = 1000      # MLflow takes at most so many in one request
logging_rows = threading.Lock()  # hold it from asking for a run's steps to logging others

Row: TypeAlias = dict[str, float]  # values by name, `step` among them
Prefix = Literal["step/", "epoch/"]


class TimedRow(NamedTuple):
    """A row of one step or epoch. Its metrics are named <prefix><name>."""

    prefix: Prefix
    values: Row
    at: int  # when the row came, in milliseconds since the epoch


class Tags(NamedTuple):
    """Tags for a run, by name."""

    values: Mapping[str, str | int]


Entry: TypeAlias = TimedRow | Tags | Picture


class LoggedSteps(dict[Prefix, set[int]]):
    """The steps that a run has, by prefix; and in `pictures` those."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = LoggedPictures()


def log_entries(connection: "MlflowClient", run_id: str, entries: Sequence[Entry], logged: LoggedSteps) -> None:
    """Set tags and log pictures, and log in one request the rows; those whose step the run does not have.

    Args:
        connection: For the store.
        run_id: MLflow's id of the run.
        entries: At most as many as `first_request` returns.
        logged: The steps that the run has. Updated here; asked for where a prefix is missing. Cleared when a request
            fails, since it may have been carried out all the same.
    """
    from mlflow.entities import Metric

    metrics = []
    try:
        for entry in entries:
            if isinstance(entry, Tags):
                for name, value in entry.values.items():
                    connection.set_tag(run_id, name, str(value))
                continue
            if isinstance(entry, Picture):
                log_picture(connection, run_id, entry, logged.pictures)
                continue
            prefix, values, at = entry
            if prefix not in logged:
                history = connection.get_metric_history(run_id, f"{prefix}learning_rate")  # all rows have it
                logged[prefix] = {metric.step for metric in history}
            step = int(values["step"])
            if step not in logged[prefix]:
                logged[prefix].add(step)
                metrics += [Metric(f"{prefix}{name}", float(value), at, step)
                            for name, value in values.items() if name != "step"]
        if metrics:
            connection.log_batch(run_id, metrics=metrics)
    except Exception:
        logged.clear()
        raise


def first_request(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return as many of the first entries as one request may hold, at least one.

    A row is never split over two requests, so that a run has all of a step or nothing of it. A picture has its own.
    """
    total = 0
    for number, entry in enumerate(entries):
        total += REQUEST_METRICS if isinstance(entry, Picture) else len(entry.values)
        if total > REQUEST_METRICS:
            return entries[:number or 1]
    return entries[:]
