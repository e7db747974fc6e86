"""`make submit` hands the runtime environment to Ray in a temporary file, and deletes it however it ends."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def submit(tmp_path):
    """submit(ray) starts `make submit` with a shell script in the place of `ray`; its temporary files go to tmp/."""
    processes = []

    def submit(ray: str, python: str = "echo '{}'") -> subprocess.Popen:
        (tmp_path / "bin").mkdir()
        (tmp_path / "tmp").mkdir()
        (tmp_path / ".ready").touch()
        for name, script in (("python", python), ("ray", ray)):
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / "bin" / name).chmod(0o755)
        processes.append(subprocess.Popen(
            ["make", "--silent", "--old-file", f"{tmp_path}/.ready", f"VENV={tmp_path}", "submit", "RUN=repro"],
            cwd=PROJECT, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")}, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return processes[-1]

    yield submit
    for process in processes:
        process.kill()
        process.communicate()


def test_the_file_is_deleted_when_the_job_has_ended(submit, tmp_path):
    process = submit('while [ "$1" != --runtime-env ]; do shift; done; cat "$2"; echo "$@"')
    assert process.wait(timeout=60) == 0
    said = process.stdout.read()
    assert said.startswith("{}\n") and said.endswith("-- python -m pipeline.cluster.job repro\n")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_nothing_is_submitted_without_an_environment(submit, tmp_path):
    process = submit("touch submitted", python="exit 1")
    assert process.wait(timeout=60) != 0
    assert list((tmp_path / "tmp").iterdir()) == [] and not (PROJECT / "submitted").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_file_is_deleted_after_an_interruption(submit, tmp_path, number):
    process = submit("sleep 100")
    end = time.monotonic() + 60
    while not any((tmp_path / "tmp").iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)  # for the script that takes the place of ray
    os.killpg(process.pid, number)  # as Ctrl-C does
    assert process.wait(timeout=60) != 0
    assert list((tmp_path / "tmp").iterdir()) == []
