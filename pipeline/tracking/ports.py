"""Ports of this machine on which servers listen."""

import errno
import socket

from pipeline.errors import InputError

HOST = "127.0.0.1"


def refuse_used_port(port: int) -> None:
    """Refuse a port that another program listens on, before anything is started.

    Raises:
        InputError: The port is in use, or is none that this user may take.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do, after one that has just ended
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            why = "is in use" if getattr(error, "errno", None) == errno.EADDRINUSE else f"cannot be taken ({error})"
            raise InputError(f"port {port} of this machine {why}; stop what listens there, or give another: "
                             f"PORT={port + 1 if 1023 < port < 65535 else 5001}") from None


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
