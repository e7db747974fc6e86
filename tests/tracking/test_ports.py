"""Ports that servers would listen on."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.tracking.ports import HOST, free_port, refuse_used_port

PROJECT = Path(__file__).resolve().parents[2]


def test_a_port_in_use_is_one_sentence():
    port = free_port()
    refuse_used_port(port)
    with socket.create_server((HOST, port)), pytest.raises(InputError, match=f"port {port} .* in use; .* PORT="):
        refuse_used_port(port)


def test_a_port_that_is_none_is_one_sentence():
    with pytest.raises(InputError, match="port 70000 .* cannot be taken"):
        refuse_used_port(70000)


def test_make_ui_refuses_a_port_in_use_before_it_starts_anything(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with socket.create_server((HOST, 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run([sys.executable, "-m", "pipeline.tracking", port], cwd=PROJECT, capture_output=True,
                              text=True)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1 and "in use" in done.stderr
