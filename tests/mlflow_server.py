"""A real `mlflow server` on this machine."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from tests.two_nodes import BIN, free_port, outside


class Server:
    """An `mlflow server` on one port, with one database, that can be started again after it was killed."""

    def __init__(self, folder: Path):
        port = free_port()
        self.uri, self.log = f"http://127.0.0.1:{port}", folder / "server.log"
        self.command = [str(BIN / "mlflow"), "server", "--workers", "1",
                        "--backend-store-uri", f"sqlite:///{folder}/server.db",
                        "--artifacts-destination", str(folder / "artifacts"),
                        "--host", "127.0.0.1", "--port", str(port)]

    def start(self) -> None:
        environment = {**outside(), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "OMP_NUM_THREADS": "1"}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, env=environment, stdout=log, stderr=log,
                                            start_new_session=True)

    def wait(self) -> None:
        """Wait until the server answers."""
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(self.log.read_text()[-4000:])

    def kill(self) -> None:
        """Kill the server and the processes that it has started, unless they are killed already."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
