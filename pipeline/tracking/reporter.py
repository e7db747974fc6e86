"""What a training tells MLflow while it runs: from its own process to a child process that talks to MLflow.

MLflow takes seconds to import, and logging a row takes a tenth of a millisecond per number. Both happen in the child
(`reporter_process`), which takes lines of JSON through a pipe. A training that ends within tracking.live_after
seconds starts no child: then all is left to the stage track.
"""

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.messages import without_password
from pipeline.tracking.errors import NoAnswer, Refused
from pipeline.tracking.notices import print_notice
from pipeline.tracking.rows import Row
from pipeline.tracking.store import store_uri

FAILURE_SECONDS = 30.0  # for marking a run FAILED or KILLED: the user waits for the reason
FINISH_SECONDS = 600.0  # for the rows that have not reached MLflow yet; the child gives a server up much earlier
CHILD = "pipeline.tracking.reporter_process"
PROJECT = Path(__file__).resolve().parents[2]  # of this code

Message = dict[str, Any]


class Reporter:
    """Sends rows and the end of a training to the child. Never raises for MLflow, and never holds training up.

    Can be pickled for a worker on another machine, which has a child of its own; `for_worker` makes what is sent there.
    """

    def __init__(self, first: Message, live_after: float, server: str) -> None:
        """Take what the child is told first, after how many seconds of training it starts, and the store's name."""
        self._first, self._live_after, self._server = first, live_after, server
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._child: subprocess.Popen[str] | None = None
        self._timer: threading.Timer | None = None
        self._starting, self._began, self._began_at = threading.Lock(), False, time.time()

    def __reduce__(self) -> tuple[type["Reporter"], tuple[Message, float, str]]:
        return Reporter, (self._first, self._live_after, self._server)

    @property
    def is_live(self) -> bool:
        """Whether the child was started."""
        return self._child is not None

    def on_start(self, trained: Mapping[str, str | int]) -> None:
        """Tag the run with what trains it; from now on the time runs until the child starts."""
        self._began, self._began_at = True, time.time()
        self._messages.put({"tags": dict(trained)})
        if self._live_after:
            self._timer = threading.Timer(self._live_after, self.start)
            self._timer.daemon = True
            self._timer.start()
        else:
            self.start()

    def on_steps(self, steps: Sequence[Row]) -> None:
        """Send rows of steps, which become step/<name>."""
        self._messages.put({"steps": list(steps), "at": int(time.time() * 1000)})

    def on_epoch(self, epoch: Row) -> None:
        """Send the row of an epoch, which becomes epoch/<name>."""
        self._messages.put({"epoch": dict(epoch), "at": int(time.time() * 1000)})

    def on_pictures(self, pictures: Sequence[tuple[str, int, bytes]]) -> None:
        """Send pictures: key, step and PNG of each."""
        self._messages.put({"pictures": [(key, step, base64.b64encode(png).decode()) for key, step, png in pictures],
                            "at": int(time.time() * 1000)})

    def start(self) -> None:
        """Start the child, unless it runs."""
        with self._starting:
            if self._child is not None:
                return
            self._first["began"] = self._began_at
            path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
            self._child = subprocess.Popen([sys.executable, "-m", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           text=True, env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"})
            threading.Thread(target=self._write, args=(self._child,), name="MLflow", daemon=True).start()

    def run_id(self) -> str:
        """Start the child, and return MLflow's id of the run when it is there.

        Raises:
            NoAnswer, Refused: MLflow is away for tracking.patience seconds, or refuses.
        """
        self._first["wait"] = True
        self.start()
        answer = self._answer()
        if "error" in answer:
            raise (Refused if answer.get("refused") else NoAnswer)(answer["error"])
        return answer["run_id"]

    def for_worker(self, tracking: Tracking, run_id: str) -> "Reporter":
        """Return what sends a worker's rows to a run, from another process or machine."""
        return Reporter({"attach": run_id, "uri": store_uri(tracking)}, 0, self._server)

    def close(self) -> None:
        """Let a worker's child deliver what it has, for some seconds, and end."""
        if "attach" in self._first and self._child is not None:
            self._end({"end": ""}, FAILURE_SECONDS)

    @contextlib.contextmanager
    def marking_failure(self) -> Iterator[None]:
        """Mark the run FAILED or KILLED if the block raises.

        A training that has failed before its child was started gets its run now. One that was killed then gets none.
        """
        try:
            yield
        except BaseException as reason:
            status = "KILLED" if isinstance(reason, KeyboardInterrupt) else "FAILED"
            self._cancel()
            if self._began and status == "FAILED":
                self.start()
            if self._child is not None and "run_id" not in (self._end({"end": status}, FAILURE_SECONDS) or {}):
                print_notice(f"{self._server} does not answer, or refuses; the run of this training is not marked "
                             f"{status} there")
            raise

    def finish(self) -> str | None:
        """Complete the run from the training's results, except its model, and mark it FINISHED.

        Returns:
            MLflow's id of the run; None where all is left to the stage track, with a warning if MLflow is the reason.
        """
        self._cancel()
        if self._child is None:
            return None
        answer = self._end({"finish": True}, FINISH_SECONDS) or {
            "error": f"{self._server} has not got this training's run."}
        if "error" in answer:
            print(f"warning: {answer['error'].rstrip('.')}. The stage track adds what is missing, if need be by `dvc "
                  "repro --force --single-item track`", file=sys.stderr)
        return answer.get("run_id")

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _end(self, last: Message, seconds: float) -> Message | None:
        """Send the last message, and return what the child answers; None if it ends without one, or takes too long."""
        assert self._child is not None
        self._messages.put(last)
        self._messages.put(None)
        killer = threading.Timer(seconds, self._child.kill)
        killer.start()
        try:
            return self._answer() or None
        finally:
            killer.cancel()
            self._child.kill()
            self._child.wait()

    def _answer(self) -> Message:
        """Wait for a line of the child; return it, or nothing if the child has ended."""
        assert self._child is not None and self._child.stdout is not None
        line = self._child.stdout.readline()
        return json.loads(line) if line else {}

    def _write(self, child: "subprocess.Popen[str]") -> None:
        """Write messages to the child until the last one. Runs in a thread, which waits where the pipe is full."""
        assert child.stdin is not None
        message: Message | None = self._first
        with contextlib.suppress(OSError):  # the child has ended
            while message is not None:
                child.stdin.write(json.dumps(message) + "\n")
                child.stdin.flush()
                message = self._messages.get()
            child.stdin.close()


def reporter_of_training(tracking: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
                         tags: Mapping[str, str]) -> Reporter:
    """Return what tells MLflow of a training, whose run the child creates, or resumes after an interruption.

    Args:
        tracking: Names the store and MLflow's experiment.
        variant: What is trained.
        training: The name of the training, 32 hexadecimal digits (`training.runs.Run`).
        parameters: By dotted names.
        tags: For the run, also for one that is resumed.
    """
    first = {"tracking": tracking.model_dump(), "variant": variant.model_dump(mode="json"), "training": training,
             "parameters": dict(parameters), "run_tags": dict(tags)}
    return Reporter(first, tracking.live_after, f"MLflow at {without_password(store_uri(tracking))}")
