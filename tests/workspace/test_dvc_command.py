"""The console script `dvc`."""

import os
import sys
from pathlib import Path

from pipeline.workspace import dvc_command
from tests.tiny import PARAMS


def test_the_command_hands_over_to_dvc_with_this_environments_python_first(monkeypatch):
    called = []
    monkeypatch.setattr("dvc.cli.main", lambda arguments: called.append(arguments) or 7)
    monkeypatch.setattr(sys, "argv", ["dvc", "exp", "run", "-S", "loss.layers=relu3_1,relu4_1"])
    monkeypatch.setenv("PATH", os.environ.get("PATH", ""))
    monkeypatch.chdir(PARAMS.parent)
    assert dvc_command.main() == 7
    assert called == [["exp", "run", "-S", "loss.layers=[relu3_1,relu4_1]"]]
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_stages_keep_bytecode_also_where_the_environment_forbids_it(monkeypatch):
    seen = []
    monkeypatch.setattr("dvc.cli.main", lambda arguments: seen.append(
        (os.environ.get("PYTHONDONTWRITEBYTECODE"), sys.dont_write_bytecode)) or 0)
    monkeypatch.setattr(sys, "argv", ["dvc", "status"])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PATH", os.environ.get("PATH", ""))
    monkeypatch.chdir(PARAMS.parent)
    assert dvc_command.main() == 0
    assert seen == [(None, False)]


def test_the_workers_of_a_queue_share_the_cores(monkeypatch):
    inherited = []
    monkeypatch.setattr("dvc.cli.main", lambda arguments: inherited.append(os.environ.get("OMP_NUM_THREADS")) or 0)
    monkeypatch.setattr("pipeline.workspace.queue_cores.usable_cores", lambda: 12)
    monkeypatch.setattr(os, "environ", {"PATH": os.environ.get("PATH", "")})
    for command in ("queue status", "queue start -j 3"):
        monkeypatch.setattr(sys, "argv", ["dvc", *command.split()])
        assert dvc_command.main() == 0
    assert inherited == [None, "4"]
