"""Deliver rows and pictures of a training to MLflow, which may be away, in a thread of the training's child process."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.messages import without_password
from pipeline.tracking import rows
from pipeline.tracking.errors import in_few_words, is_away, is_stale_connection
from pipeline.tracking.notices import print_notice
from pipeline.tracking.pictures import Picture
from pipeline.tracking.rows import Entry, LoggedSteps, Row, Tags, TimedRow
from pipeline.tracking.store import client_of_worker
from pipeline.tracking.waiting import RETRY_SECONDS
from pipeline.vocabulary import counted

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Live:
    """Log rows and pictures as they come, from a thread of its own. Never raises, and never holds training up.

    Close it before `training_run.log_missing_rows` and `log_missing_pictures` deliver what is missing.
    """

    def __init__(self, uri: str, run_id: str) -> None:
        self.uri, self.run_id = uri, run_id
        self._server = f"MLflow at {without_password(uri)}"
        self._waiting: list[Entry] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def on_start(self, trained: Mapping[str, str | int]) -> None:
        """Tag the run with what trains it."""
        self._put([Tags(trained)])

    def on_steps(self, steps: Sequence[Row], at: int | None = None) -> None:
        """Log rows of steps, as step/<name>. at: when they came, in milliseconds since the epoch; None for now."""
        now = at or milliseconds_now()
        self._put([TimedRow("step/", step, now) for step in steps])

    def on_epoch(self, epoch: Row, at: int | None = None) -> None:
        """Log the row of an epoch, as epoch/<name>. at: as for `on_steps`."""
        self._put([TimedRow("epoch/", epoch, at or milliseconds_now())])

    def on_pictures(self, pictures: Sequence[tuple[str, int, bytes]], at: int | None = None) -> None:
        """Log pictures: key, step and PNG of each. at: as for `on_steps`."""
        now = at or milliseconds_now()
        self._put([Picture(*picture, now) for picture in pictures])

    def close(self, seconds: float = 10) -> None:
        """Wait until all is delivered, for at most `seconds`. Drop what is left then, and what still comes."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting, seconds):
                print_notice(f"{in_words(self._waiting)} have not reached {self._server}; they are delivered "
                             "when training ends")
            self._drop_and_close()

    def _put(self, entries: Sequence[Entry]) -> None:
        with self._changed:
            if self._closed:
                return
            self._waiting += entries
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver, name="MLflow", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _drop_and_close(self) -> None:
        self._closed = True
        self._waiting.clear()
        self._changed.notify_all()

    def _deliver(self) -> None:
        """Send what waits, until closed or until MLflow refuses. Runs in the thread."""
        connection: MlflowClient | None = None
        logged = LoggedSteps()
        late: list[Entry] = []
        failures, has_said = 0, False
        while True:
            batch = self._next_request()
            try:
                with rows.logging_rows:
                    if self._closed:
                        return
                    connection = connection or client_of_worker(self.uri)
                    rows.log_entries(connection, self.run_id, batch, logged)
            except Exception as error:
                if not is_away(error):
                    return self._give_up(error)
                failures += 1
                if failures == 1 and is_stale_connection(error):
                    continue
                if not has_said:
                    print_notice(f"{self._server} does not answer ({in_few_words(error)}); training goes on, rows wait")
                    has_said = True
                self._pause()
                continue
            failures = 0
            is_behind = self._remove_delivered(len(batch))
            if has_said:
                late += batch
                if not is_behind:
                    print_notice(f"{self._server} answers again; {in_words(late)} that had waited are delivered")
                    has_said = False
                    late.clear()

    def _next_request(self) -> Sequence[Entry]:
        """Wait for entries, and return those of the next request; nothing if closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return rows.first_request(self._waiting)

    def _remove_delivered(self, count: int) -> bool:
        """Remove the first entries; return True if others wait."""
        with self._changed:
            del self._waiting[:count]
            self._changed.notify_all()
            return bool(self._waiting)

    def _pause(self) -> None:
        """Wait before the next attempt, unless closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, RETRY_SECONDS)

    def _give_up(self, error: Exception) -> None:
        print_notice(f"{self._server} takes no rows from here ({in_few_words(error)}); training goes on, they are "
                     "delivered when it ends")
        with self._changed:
            self._drop_and_close()


def in_words(entries: Sequence[Entry]) -> str:
    """Return how many entries there are: "30 rows", "2 pictures", "30 rows and 2 pictures"."""
    pictures = sum(isinstance(entry, Picture) for entry in entries)
    counts = {"row": len(entries) - pictures, "picture": pictures}
    return " and ".join(counted(number, name) for name, number in counts.items() if number)


def milliseconds_now() -> int:
    """Return the time in milliseconds since the epoch, as MLflow wants it."""
    return int(time.time() * 1000)
