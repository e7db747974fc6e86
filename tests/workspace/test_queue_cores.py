"""How many cores each worker of DVC's queue gets."""

import pytest

from pipeline.workspace import queue_cores
from pipeline.workspace.queue_cores import jobs_of, share_cores


@pytest.mark.parametrize(("command", "jobs"), [
    ("queue start", 1), ("queue start -j 8", 8), ("queue start --jobs 8", 8), ("queue start --jobs=8", 8),
    ("queue start -j8 -v", 8), ("-v queue start -j 8", 8),
    ("exp run --run-all -j 3", 3), ("experiments run --jobs 3 --run-all", 3),
    ("exp run -j 3", 1), ("repro", 1), ("pull -j 8", 1), ("queue start -j", 1), ("queue start -j many", 1), ("", 1)])
def test_the_workers_of_a_command(command, jobs):
    assert jobs_of(command.split()) == jobs


@pytest.mark.parametrize(("cores", "jobs", "threads"), [(16, 8, "2"), (2, 2, "1"), (2, 8, "1"), (7, 2, "3")])
def test_each_worker_gets_its_share_of_the_cores(monkeypatch, cores, jobs, threads):
    monkeypatch.setattr(queue_cores, "usable_cores", lambda: cores)
    environment: dict[str, str] = {}
    share_cores(["queue", "start", "-j", str(jobs)], environment)
    assert environment == {"OMP_NUM_THREADS": threads, "LOKY_MAX_CPU_COUNT": threads}


@pytest.mark.parametrize("command", [["repro"], ["queue", "start"], ["queue", "start", "-j", "1"], ["queue", "status"]])
def test_what_runs_alone_has_all_cores(command):
    environment: dict[str, str] = {}
    share_cores(command, environment)
    assert environment == {}


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setattr(queue_cores, "usable_cores", lambda: 8)
    environment = {"OMP_NUM_THREADS": "3"}
    share_cores(["queue", "start", "-j", "4"], environment)
    assert environment == {"OMP_NUM_THREADS": "3", "LOKY_MAX_CPU_COUNT": "2"}
