"""What this working tree needs, and why."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from pipeline.files.hashes import sha256
from pipeline.leftovers import needs
from pipeline.leftovers.__main__ import main
from pipeline.training.inputs import loss_network_file
from tests import tiny
from tests.leftovers.conftest import (
    COPY,
    DATA,
    DAY,
    ONE,
    age_files,
    folders_in,
    planned_configuration,
    read_list,
    set_params,
    write_file,
)


def test_the_list_says_what_this_working_tree_needs(planned, storage, begin_run, capsys):
    network = f"loss_network-{sha256(loss_network_file(tiny.variant()))[:16]}"
    for name in (f"shards-{DATA[:16]}", "shards-0000000000000000", network, "loss_network-0000000000000000"):
        write_file(storage, f"{name}/a", 10)
    now = planned_configuration()
    mine, others, earlier = begin_run(now, 10, clone="project"), begin_run(now, 10), begin_run(ONE, 10, clone="project")
    needed = {name: what.partition("; needed: ")[2] for name, (_, _, what) in read_list(capsys).items()}
    assert needed == {
        mine: "this working tree goes on with it", others: "", earlier: "",
        f"shards-{DATA[:16]}": "the shards of this working tree", "shards-0000000000000000": "",
        network: "a loss network of this working tree", "loss_network-0000000000000000": ""}
    main([])
    assert "in 7 folders; this working tree does not need 4 of them, " in capsys.readouterr().out


def test_without_data_every_run_of_a_planned_variant_is_needed(planned, begin_run, capsys):
    mine, removed = begin_run(ONE, 10, clone="project"), begin_run("dcgan-0123456789abcdef", 10, clone="project")
    assert not [name for name, (_, _, what) in read_list(capsys).items() if "needed" in what]
    Path("data/shards/view=aligned/_manifest.json").unlink()
    assert {name: "needed" in what for name, (_, _, what) in read_list(capsys).items()} == {mine: True, removed: False}


@pytest.mark.parametrize(("recorded", "needed"), [("before", True), ("after", False)])
def test_a_complete_run_is_needed_until_dvc_has_recorded_it(project, begin_run, capsys, monkeypatch, recorded, needed):
    monkeypatch.setattr(needs, "dvc_lock_entry", lambda stage: {"train@dfc": recorded}[stage])
    mine = begin_run(ONE, 10, clone="project", complete=True)
    assert ("; needed: this working tree goes on with it" in read_list(capsys)[mine][2]) == needed


def test_a_copied_checkout_does_not_own_the_runs_that_it_remembers(project, begin_run, capsys, tmp_path, monkeypatch):
    mine = begin_run(ONE, 10, clone="project")
    shutil.copytree(project, tmp_path / "copy", ignore=shutil.ignore_patterns(".checkpoints"))
    monkeypatch.chdir(tmp_path / "copy")
    set_params(cluster={"storage": f"{project}/.checkpoints"})
    assert "needed" not in read_list(capsys)[mine][2]
    monkeypatch.chdir(project)
    assert read_list(capsys)[mine][2].endswith("; needed: this working tree goes on with it")


def test_a_copy_in_which_an_experiment_runs_is_needed_and_its_run_too(project, storage, begin_run, capsys):
    write_file(project, f"{COPY}/.dvc/config", 10, 40 * DAY)
    write_file(project, f"{COPY}/stages/a", 10, 40 * DAY)
    trains = begin_run(ONE, 10, clone=f"project/{COPY}", age=40 * DAY)
    age_files(project / COPY, 40 * DAY)
    assert [read_list(capsys)[name][2].partition("; needed: ")[2] for name in (COPY, trains)] == ["", ""]
    experiment = subprocess.Popen(["sleep", "600"], cwd=project / COPY / "stages")
    try:
        assert [read_list(capsys)[name][2].partition("; needed: ")[2] for name in (COPY, trains)] == [
            "a process runs in it", "an experiment trains it now"]
        main(["delete", "--older-than", "30"])
        assert read_list(capsys).keys() == {COPY, trains}
    finally:
        experiment.kill()
        experiment.wait()
    os.utime(project / COPY / ".dvc/tmp/trainings" / ONE, (time.time() - 40 * DAY,) * 2)
    main(["delete", "--older-than", "30"])
    assert folders_in(storage) == set() and not (project / COPY).exists()


def test_a_process_beside_a_copy_does_not_need_the_copy(project, capsys):
    write_file(project, f"{COPY}/.dvc/config", 10)
    (project / f"{COPY}0").mkdir()
    beside = subprocess.Popen(["sleep", "600"], cwd=project / f"{COPY}0")
    try:
        assert "needed" not in read_list(capsys)[COPY][2]
    finally:
        beside.kill()
        beside.wait()
