"""Errors end a process with one sentence."""

import subprocess
import sys

import pytest

from pipeline.errors import InputError, did_you_mean, exit_on_input_error, experiment_copy_hint


def test_an_input_error_ends_the_process_with_its_sentence():
    with pytest.raises(SystemExit) as end, exit_on_input_error():
        raise InputError("loss.layer is not a known parameter; did you mean layers?")
    assert end.value.code == "error: loss.layer is not a known parameter; did you mean layers?"


def test_ctrl_c_ends_with_the_command_that_goes_on():
    with pytest.raises(SystemExit) as end, exit_on_input_error():
        raise KeyboardInterrupt
    assert "interrupted" in end.value.code and "dvc repro" in end.value.code


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ValueError, match="a bug"), exit_on_input_error():
        raise ValueError("a bug")


def test_without_an_error_nothing_happens():
    with exit_on_input_error():
        value = 1
    assert value == 1


def test_the_nearest_known_name_is_suggested():
    assert did_you_mean("layer", ["layers", "weights"]) == "; did you mean layers?"
    assert did_you_mean("layer", ["alpha"]) == ""


def test_a_process_ends_with_status_1_and_one_line_on_stderr():
    script = "from pipeline.errors import *\nwith exit_on_input_error():\n raise InputError('wrong')"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "error: wrong\n")


def test_a_missing_file_is_explained_by_dvcs_copy_only_within_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert experiment_copy_hint("add it to Git") == ""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert experiment_copy_hint("add it to Git") == ""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    assert experiment_copy_hint("add it to Git").endswith("runs in a copy that has only Git's files: add it to Git)")
