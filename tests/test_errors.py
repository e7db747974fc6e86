"""Errors in one sentence."""

import subprocess
import sys

import pytest

from pipeline.errors import InputError, in_a_copy, one_sentence


def test_an_input_error_ends_the_process_with_its_sentence():
    with pytest.raises(SystemExit) as end, one_sentence():
        raise InputError("loss.layer is not a known parameter; did you mean layers?")
    assert end.value.code == "error: loss.layer is not a known parameter; did you mean layers?"


def test_an_interruption_says_how_to_go_on():
    with pytest.raises(SystemExit) as end, one_sentence():
        raise KeyboardInterrupt
    assert "interrupted" in end.value.code and "dvc repro" in end.value.code


def test_what_is_our_fault_keeps_its_traceback():
    with pytest.raises(ValueError, match="a bug"), one_sentence():
        raise ValueError("a bug")


def test_without_an_error_nothing_happens():
    with one_sentence():
        value = 1
    assert value == 1


def test_a_process_ends_with_status_1_and_one_line():
    ended = subprocess.run(
        [sys.executable, "-c", "from pipeline.errors import *\nwith one_sentence():\n raise InputError('wrong')"],
        capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "error: wrong\n")


def test_only_in_dvcs_copy_of_the_project_a_missing_file_is_explained_by_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert in_a_copy("add it to Git") == ""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert in_a_copy("add it to Git") == ""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    assert in_a_copy("add it to Git").endswith("runs in a copy that has Git's files alone: add it to Git)")
