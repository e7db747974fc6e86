"""A server of a logged model, as `mlflow models serve` starts it: from start to end, with nothing left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.config.running import Tracking
from pipeline.errors import InputError
from pipeline.messages import without_password
from pipeline.tracking.models import registered_name
from pipeline.tracking.ports import HOST, free_port, refuse_used_port
from pipeline.tracking.store import client, sqlite_file, store_uri
from pipeline.tracking.waiting import retry_while_away

START_SECONDS, FRESH_SECONDS = 180.0, 3600.0  # until the server answers; with an environment of its own, a download
STOP_SECONDS = 20.0


class ServedVersion(NamedTuple):
    """A version of a registered model, and what it takes."""

    name: str
    version: str
    shape: tuple[int, ...]  # of what it takes: (-1, 3, S, S) for images, (-1, D) for latents

    @property
    def uri(self) -> str:
        """MLflow's name of it."""
        return f"models:/{self.name}/{self.version}"


def find_version(config: Tracking, variant: str, alias: str | None) -> ServedVersion:
    """Return the newest version of a variant's registered model, or the one of an experiment.

    Args:
        config: Names the store.
        variant: The name of the variant.
        alias: That of an experiment (`experiments.alias`); None for the newest version.

    Raises:
        InputError: There is none.
    """
    from mlflow.models import get_model_info

    database, name = sqlite_file(store_uri(config)), registered_name(variant)
    if database is not None and not database.is_file():  # MLflow would make an empty one
        raise InputError(f"there is no {database} with a registered model {name}; run `dvc repro` first.")
    connection = client(config)
    versions = retry_while_away(config, connection.search_model_versions, f"name = '{name}'")
    where = f"MLflow at {without_password(store_uri(config))}"
    if not versions:
        others = sorted(model.name for model in connection.search_registered_models(
            f"name LIKE '{registered_name('')}%'"))
        has = f"it has {', '.join(others)}" if others else "run `dvc repro` first"
        raise InputError(f"{where} has no registered model {name}; {has}.")
    newest = max(versions, key=lambda known: int(known.version)).version
    if alias is not None:
        aliases = connection.get_registered_model(name).aliases
        if alias not in aliases:
            raise InputError(f"{where} has no version of {name} from an experiment {alias}; "
                             f"it has {', '.join(sorted(aliases)) or 'none'}.")
        newest = str(aliases[alias])
    taken = get_model_info(f"models:/{name}/{newest}").signature.inputs
    return ServedVersion(name, str(newest), tuple(taken.inputs[0].shape))


@contextlib.contextmanager
def serving(config: Tracking, served: ServedVersion, port: int = 0, fresh: bool = False) -> Iterator[str]:
    """Serve a model while the block runs; yield the server's URL when it answers.

    Args:
        config: Names the store.
        served: What is served.
        port: On which; 0 for one that is free.
        fresh: Whether the server runs in a new environment, with the model's logged requirements alone, which uv
            installs and which is deleted in the end; else in this one.

    Raises:
        InputError: The port is in use, or the server has ended before it answered.
    """
    if port:
        refuse_used_port(port)
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="face-vae-serving-") as folder:
        process, log = start(from_anywhere(store_uri(config)), served, port, fresh, Path(folder))
        try:
            wait_until_healthy(process, port, log, FRESH_SECONDS if fresh else START_SECONDS)
            yield f"http://{HOST}:{port}"
        finally:
            stop(process)


def from_anywhere(uri: str) -> str:
    """Return a store's URI with the whole path of its SQLite file, for a process that runs in another folder."""
    path = sqlite_file(uri)
    return uri if path is None else uri.replace(f"///{path}", f"///{path.resolve()}", 1)


def start(uri: str, served: ServedVersion, port: int, fresh: bool,
          folder: Path) -> "tuple[subprocess.Popen[bytes], Path]":
    """Start the server in a session of its own, away from this project's code; return its process and its log."""
    log, binaries = folder / "server.log", Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"MLFLOW_TRACKING_URI": uri, "PATH": f"{binaries}{os.pathsep}{environment.get('PATH', '')}"}
    if fresh:  # all that is downloaded goes with the folder
        environment |= {"MLFLOW_ENV_ROOT": str(folder / "environments"), "UV_CACHE_DIR": str(folder / "uv")}
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", served.uri, "--host", HOST, "--port",
               str(port), "--env-manager", "uv" if fresh else "local"]
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=output, start_new_session=True), log


def wait_until_healthy(process: "subprocess.Popen[bytes]", port: int, log: Path, seconds: float) -> None:
    """Wait until the server answers.

    Raises:
        InputError: It has ended, or has not answered for so many seconds.
    """
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5):
            return
        time.sleep(0.2)
    how = "has not answered in time" if process.poll() is None else "has ended before it answered"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    raise InputError(f"the server {how}; its last line is: {lines[-1] if lines else 'none'}")


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server with all processes that it has started, and wait until none is left."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            process.poll()  # lets the system forget it
            if not is_running(process.pid):
                return
            time.sleep(0.1)


def is_running(group: int) -> bool:
    """Return whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
