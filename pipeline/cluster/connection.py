"""Connecting to the Ray cluster that `cluster.address` or RAY_ADDRESS names, or to one on this machine."""

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.config.running import Cluster
from pipeline.errors import InputError
from pipeline.hardware.cores import usable_cores

TOKEN = Path(".ray/auth_token")  # in the home directory, where Ray keeps it


def cluster_address(cluster: Cluster) -> str | None:
    """Return cluster.address, else RAY_ADDRESS, which Ray sets in its jobs; None for this machine."""
    return cluster.address or os.environ.get("RAY_ADDRESS") or None


@contextlib.contextmanager
def connected_to_ray(cluster: Cluster) -> Iterator[None]:
    """Connect to the cluster for the length of the block; without one, start Ray on this machine.

    Workers get this project's package from here. If the process is connected already, that connection is used, and
    stays.

    Raises:
        InputError: the cluster does not answer or refuses, or Ray cannot keep its token in the home directory.
    """
    import ray

    if ray.is_initialized():  # by whoever calls this
        yield
        return
    if target := cluster_address(cluster):
        connect(target)
    else:
        start_on_this_machine()
    try:
        yield
    finally:
        ray.shutdown()


def connect(target: str) -> None:
    """Connect to the cluster at an address.

    Raises:
        InputError: it does not answer or refuses.
    """
    import ray
    import ray.exceptions

    check_port(target)
    package = Path(__file__).resolve().parents[1]
    environment: dict[str, Any] = {
        "py_modules": [str(package)], "excludes": ["__pycache__"],
        "env_vars": {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}}  # else a task that asks for no GPU sees all of them
    try:
        ray.init(address=target, logging_level=logging.ERROR, log_to_driver=True, runtime_env=environment)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, ray.exceptions.RayError) as error:
        if "AuthToken" in f"{error} {error.__cause__}" or isinstance(error, ray.exceptions.AuthenticationError):
            raise InputError(f"the Ray cluster at {target} refused this machine's token; set RAY_AUTH_MODE=token and "
                             "copy the head's ~/.ray/auth_token here, or give it in RAY_AUTH_TOKEN") from error
        why = " ".join(str(error).split())[:400]
        if isinstance(error, ConnectionError | TimeoutError):
            raise no_answer(target, why) from error
        raise InputError(f"the Ray cluster at {target} cannot be used from here: {why}; its nodes and this machine "
                         "need the Ray of requirements.lock and the same Python") from error


def check_port(target: str) -> None:
    """Raise InputError if nothing listens at host:port. Ray itself would try for a quarter of an hour.

    Also takes ray://host:port, the address of Ray's client, which Ray has deprecated.
    """
    host, _, port = target.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError as error:
            raise no_answer(target, str(error)) from error


def no_answer(target: str, why: str) -> InputError:
    """Return the error of a cluster that does not answer."""
    job = ", or submit a job instead (docs/cluster.md): Ray has deprecated ray://" if target.startswith("ray:") else ""
    return InputError(f"no Ray cluster answers at {target} ({why}); check cluster.address and RAY_ADDRESS, or set "
                      f"cluster.address to null{job}")


def cores_left_here() -> int | None:
    """Return how many cores this process may use, if that is fewer than the machine has; Ray would count them all."""
    usable = usable_cores()
    return usable if usable < (os.cpu_count() or 1) else None


def start_on_this_machine() -> None:
    """Start Ray on this machine, and connect to it.

    Raises:
        InputError: Ray cannot write the token that it makes for the new cluster.
    """
    import ray

    try:
        ray.init(address="local", num_cpus=cores_left_here(), logging_level=logging.ERROR, log_to_driver=True)
    except OSError as error:
        home = Path(os.path.expanduser("~"))
        if not error.filename or not (home / TOKEN).is_relative_to(error.filename):
            raise
        raise InputError(f"Ray cannot keep its token in {home / TOKEN} ({error.strerror}); set HOME to a folder that "
                         "can be written, or RAY_AUTH_TOKEN to a token") from error
