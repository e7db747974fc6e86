"""Cores, and the warning about trainings that wait for each other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.hardware import cores, places
from pipeline.hardware.cores import say_if_crowded, usable_cores

PROJECT = Path(__file__).resolve().parents[2]
# Another training, with two threads on the cores 0 and 1.
OTHER = ("import sys\nfrom pipeline.hardware import places\n"
         "print(places.take('threads-2-3'), flush=True)\nsys.stdin.read()")


@pytest.fixture
def other(tmp_path, monkeypatch):
    """Another process that trains with two threads on two cores."""
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path))
    say_if_crowded.cache_clear()
    process = subprocess.Popen([sys.executable, "-c", OTHER], env={**os.environ, "TMPDIR": str(tmp_path)}, cwd=PROJECT,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "[]\n"
    yield process
    process.kill()
    process.communicate()
    places.give_back()
    say_if_crowded.cache_clear()


@pytest.mark.parametrize(("here", "threads", "told"), [
    ({0, 1}, 2, "4 threads for 2 cores"), ({0, 1}, 1, "3 threads for 2 cores"), ({0, 1, 2, 3}, 2, ""),
    ({0, 1, 2}, 1, ""),
    ({1, 2}, 2, "4 threads for 3 cores"), ({2, 3}, 2, ""), ({2}, 2, "")])  # the last two: bound to other cores
def test_more_threads_than_cores_are_warned_of(other, monkeypatch, capsys, here, threads, told):
    monkeypatch.setattr(cores, "core_numbers", lambda: frozenset(here))
    say_if_crowded(threads)
    said = capsys.readouterr().err
    if told:
        assert said.startswith(f"warning: 2 trainings on this machine have {told}, and wait for each other; ")
        assert "OMP_NUM_THREADS=1, which changes results by rounding" in said
    assert bool(said) == bool(told)


def test_a_training_alone_is_not_warned_and_does_not_count_itself(other, monkeypatch, capsys):
    other.kill()
    other.wait()
    monkeypatch.setattr(cores, "core_numbers", lambda: frozenset({0}))
    say_if_crowded(2)
    say_if_crowded(2)
    assert not capsys.readouterr().err


def test_without_a_folder_for_locks_nothing_is_said(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path / "file"))
    say_if_crowded.__wrapped__(99)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("files", "cores"), [
    ({}, 8), ({"cpu.max": "max 100000"}, 8), ({"cpu.max": "200000 100000"}, 2), ({"cpu.max": "150000 100000"}, 2),
    ({"cpu.max": "50000 100000"}, 1), ({"cpu.max": "9000000 100000"}, 8), ({"cpu.max": "what?"}, 8),
    ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
    ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8)])
def test_a_containers_share_of_the_cores_time_counts(tmp_path, monkeypatch, files, cores):
    monkeypatch.setattr("pipeline.hardware.cores.core_numbers", lambda: frozenset(range(8)))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert usable_cores(tmp_path) == cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot bind a process to cores")
def test_a_bound_process_may_use_fewer_cores():
    assert 1 <= usable_cores() <= os.cpu_count()
    code = ("import os; from pipeline.hardware.cores import usable_cores\n"
            "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); print(usable_cores())")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout == "1\n"
