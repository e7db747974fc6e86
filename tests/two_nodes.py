"""A real Ray cluster on this machine: two nodes behind a token, each a raylet of one core with a folder of its own."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

BIN = Path(sys.executable).parent
NOT_BEHIND = {"RAY_worker_niceness": "0"}  # Ray's 15 would let its workers wait for all other tests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TwoNodes:
    """A cluster that lasts as long as a `with` block.

    Args:
        cores: of each node.
        token: whether it asks for a token. Ray reads RAY_AUTH_MODE once per process, so tests that connect in pytest's
            own process do without.

    Attributes:
        address: of Ray.
        dashboard: where jobs are submitted.
        environment: variables with which both can be reached.
    """

    def __init__(self, cores: int = 1, token: bool = True):
        self.cores = cores
        self.port, dashboard = free_port(), free_port()
        self.address, self.dashboard = f"127.0.0.1:{self.port}", f"http://127.0.0.1:{dashboard}"
        secret = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
        self.environment = {**(secret if token else {"RAY_AUTH_MODE": "disabled"}), **NOT_BEHIND,
                            "RAY_API_SERVER_ADDRESS": self.dashboard, "RAY_USAGE_STATS_ENABLED": "0",
                            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        self.head_options = ["--head", "--port", str(self.port), "--dashboard-port", str(dashboard),
                             "--ray-client-server-port", str(free_port())]
        self.folders: dict[str, Path] = {}

    def __enter__(self) -> "TwoNodes":
        try:
            self.start("head", *self.head_options)
            self.complete()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for name in list(self.folders):
            self.kill(name)

    def complete(self) -> None:
        """Start the node "second" unless it runs."""
        if "second" not in self.folders:
            self.start("second", "--address", self.address)

    def start(self, name: str, *options: str) -> None:
        """Start a node.

        --temp-dir is short, since sockets lie in it. Worker ports are any: 10002 … would be those of both nodes.
        """
        self.folders[name] = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
        command = [str(BIN / "ray"), "start", *options, "--num-cpus", str(self.cores), "--temp-dir",
                   str(self.folders[name]), "--dashboard-agent-listen-port", str(free_port()),
                   "--min-worker-port", "0", "--max-worker-port", "0", "--object-store-memory", str(300_000_000)]
        try:
            done = subprocess.run(command, env={**outside(), **self.environment}, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120)
            assert done.returncode == 0, done.stdout[-2000:]
        except BaseException:
            self.kill(name)  # what it has started
            raise

    def kill(self, name: str) -> None:
        """End a node as a power failure does: SIGKILL the raylet and all that it has started."""
        folder = self.folders.pop(name)
        mine = [process for process in psutil.process_iter(["cmdline"])
                if any(str(folder) in word for word in process.info["cmdline"] or ())]
        for process in [*mine, *(child for parent in mine for child in children(parent))]:
            kill(process)
        shutil.rmtree(folder, ignore_errors=True)

    def replace(self, name: str, after: float = 3.0) -> None:
        """Kill a node, and start another in its place, as an autoscaler does."""
        self.kill(name)
        time.sleep(after)
        self.start(name, "--address", self.address)

    def node_of(self, worker: psutil.Process) -> str | None:
        """Return the node whose raylet has started a worker."""
        try:
            started_by = " ".join(worker.parent().cmdline())
        except (psutil.NoSuchProcess, AttributeError):
            return None
        return next((name for name, folder in self.folders.items() if str(folder) in started_by), None)

    def workers(self, doing: str) -> list[psutil.Process]:
        """Return this cluster's worker processes whose title, such as "ray::encode", holds the word."""
        workers = []
        for process in psutil.process_iter(["cmdline"]):
            title = " ".join(process.info["cmdline"] or ())
            if title.startswith("ray::") and doing in title and self.node_of(process):
                workers.append(process)
        return workers


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill(process: psutil.Process | subprocess.Popen, number: int = signal.SIGKILL) -> bool:
    """Send a signal to a process. Return False if the process has ended already."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return True


def outside() -> dict[str, str]:
    """Return the environment without variables that DVC, MLflow, Ray or pytest around this process has set."""
    return NOT_BEHIND | {name: value for name, value in os.environ.items()
                         if name == "DVC_NO_ANALYTICS" or (not name.startswith(("DVC_", "MLFLOW_", "PYTEST_", "RAY_"))
                                                           and name != "GIT_COMMIT")}
