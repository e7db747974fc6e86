"""Runs of one training. Each has a folder of its own, and goes on from the newest checkpoint of all runs."""

import errno
import json
import re
import shutil
import socket

import pytest
import torch

from pipeline.files.folder import Folder
from pipeline.training import checkpoints, own_runs, runs
from pipeline.training.checkpoints import write_checkpoint_and_delete_others
from pipeline.training.runs import Run, begin_or_resume_run, end_and_delete_earlier_checkpoints

CONFIGURATION = "dfc-0123456789abcdef"
OTHER_CONFIGURATION = "dfc-fedcba9876543210"


def save(run: Run, *steps: int) -> None:
    for step in steps:
        write_checkpoint_and_delete_others(run.folder, step, {"step": step, "by": run.name, "w": torch.ones(100)})


def damage(run: Run, step: int) -> None:
    name = f"step-{step:08}.pt"
    run.folder.write(name, run.folder.read(name)[:50])


def steps_of(run: Run) -> list[int]:
    return [checkpoints.step_of(name) for name in checkpoints.checkpoint_names(run.folder)]


def test_a_new_run_has_a_folder_of_its_own(storage, enter, capsys):
    folder = enter("one")
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert re.fullmatch("[0-9a-f]{32}", run.name) and run.continued_from == ""
    assert str(run.folder) == str(storage / CONFIGURATION / run.name)
    assert run.folder.names() == ["run.json"]
    assert json.loads(run.folder.read("run.json")) == {"host": socket.gethostname(), "folder": str(folder)}
    assert capsys.readouterr().err == ""


def test_a_working_tree_resumes_its_interrupted_run(storage, enter, capsys):
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == run
    save(run, 10, 20)
    for entry in ("before", "after"):  # DVC recorded another training, or this one in another clone
        assert begin_or_resume_run(storage, CONFIGURATION, entry) == run and steps_of(run) == [10, 20]
    assert (storage / CONFIGURATION).folders() == [run.name] and capsys.readouterr().err == ""


def test_another_configuration_has_another_run(storage, enter):
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(run, 10)
    other = begin_or_resume_run(storage, OTHER_CONFIGURATION, "before")
    assert other.name != run.name and steps_of(other) == [] and other.continued_from == ""
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == run


def test_a_run_whose_folder_was_deleted_is_begun_anew(storage, enter):
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    run.folder.delete()
    other = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert other.name != run.name and begin_or_resume_run(storage, CONFIGURATION, "before") == other


def test_a_copied_checkout_has_a_run_of_its_own(storage, enter, tmp_path):
    """It remembers those of the checkout that it is a copy of."""
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10)
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    enter("copy")
    copy = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert copy.name != one.name and copy.continued_from == one.name
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == copy._replace(continued_from="")
    enter("one")
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == one


def test_another_working_tree_has_another_run_which_goes_on_from_the_newest_checkpoint_of_all(storage, enter, capsys):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10, 20)
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(two, 30)
    enter("three")
    capsys.readouterr()
    three = begin_or_resume_run(storage, CONFIGURATION, "another")
    assert len({one.name, two.name, three.name}) == 3 and three.continued_from == two.name
    assert steps_of(three) == [30] and checkpoints.read_newest_checkpoint(three.folder)["by"] == two.name
    assert steps_of(one) == [10, 20] and steps_of(two) == [20, 30]
    said = capsys.readouterr().err
    assert said.startswith(f"training goes on from {two.folder}/step-00000030.pt, a checkpoint of another run")
    assert said.count("\n") == 1


def test_an_interrupted_run_goes_on_from_another_run_that_has_come_further(storage, enter):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10)
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(two, 20)
    # Its own is the newest.
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == two._replace(continued_from="")
    enter("one")
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == one._replace(continued_from=two.name)
    assert steps_of(one) == [10, 20]
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == one  # it is as new now


def test_a_damaged_checkpoint_is_warned_of_and_the_next_one_taken(storage, enter, capsys):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10, 40)
    damage(one, 40)
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(two, 30)
    enter("three")
    capsys.readouterr()
    three = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert three.continued_from == two.name and steps_of(three) == [30]
    said = capsys.readouterr().err.splitlines()
    assert f"warning: {one.folder}/step-00000040.pt is damaged" in said[0]
    assert said[1].startswith(f"training goes on from {two.folder}/step-00000030.pt") and len(said) == 2
    assert steps_of(one) == [10, 40]  # it is another's


def test_if_its_own_checkpoint_is_damaged_a_run_takes_another(storage, enter):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 20)
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(two, 30)
    damage(two, 30)
    enter("three")
    three = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(three, 25)
    enter("two")
    assert begin_or_resume_run(storage, CONFIGURATION, "before").continued_from == three.name
    assert checkpoints.read_newest_checkpoint(two.folder)["by"] == three.name
    damage(three, 25)
    enter("three")
    assert begin_or_resume_run(storage, CONFIGURATION, "before").continued_from == two.name  # the same step, but whole
    assert steps_of(three) == [20, 25] and checkpoints.read_newest_checkpoint(three.folder)["by"] == three.name


def test_if_all_checkpoints_are_damaged_training_starts_anew(storage, enter):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10)
    damage(one, 10)
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert two.continued_from == "" and steps_of(two) == []


@pytest.mark.parametrize("says", [FileNotFoundError, OSError(errno.ESTALE, "Stale file handle")])
def test_if_a_run_replaces_its_checkpoint_meanwhile_the_newer_one_is_copied(storage, enter, monkeypatch, says):
    """If another machine deletes a file while it is read, NFS says that the file's handle is stale."""
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10)
    enter("two")
    read = Folder.read

    def once(folder, name):
        if name == "step-00000010.pt" and steps_of(one) == [10]:
            save(one, 20, 30)  # and so 10 is deleted
            raise says
        return read(folder, name)

    monkeypatch.setattr(Folder, "read", once)
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert two.continued_from == one.name and steps_of(two) == [30]


def test_if_checkpoints_vanish_again_and_again_training_goes_on_without(storage, enter, monkeypatch, capsys):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 10)
    enter("two")
    looked, read = [], Folder.read

    def vanishes(folder, name):
        if name.startswith("step-"):
            looked.append(name)
            write_checkpoint_and_delete_others(one.folder, checkpoints.step_of(name) + 1, {"w": torch.ones(1)}, keep=1)
        return read(folder, name)

    monkeypatch.setattr(Folder, "read", vanishes)
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert two.continued_from == "" and steps_of(two) == [] and len(looked) == len(set(looked)) == runs.ATTEMPTS == 5
    assert capsys.readouterr().err == (
        f"warning: the checkpoints of other runs in {storage / CONFIGURATION} change faster than they can be copied; "
        "training goes on without them\n")


def test_a_failure_of_the_storage_is_no_vanished_checkpoint(storage, enter, monkeypatch):
    save(begin_or_resume_run(storage, CONFIGURATION, "before"), 10)
    enter("two")
    read = Folder.read

    def fails(folder, name):
        if name.startswith("step-"):
            raise OSError("AWS Error NETWORK_CONNECTION")
        return read(folder, name)

    monkeypatch.setattr(Folder, "read", fails)
    with pytest.raises(OSError, match="NETWORK_CONNECTION"):
        begin_or_resume_run(storage, CONFIGURATION, "before")


def test_a_complete_run_keeps_its_last_checkpoint_until_dvc_has_recorded_it(storage, enter):
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(run, 10, 20)
    end_and_delete_earlier_checkpoints(run, "before")
    assert run.folder.names() == ["finished", "run.json", "step-00000020.pt"]
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == run  # DVC was killed before it recorded it
    assert steps_of(run) == [20]
    own_runs.delete_complete_runs(storage, "dfc", "after", wanted=CONFIGURATION)
    again = begin_or_resume_run(storage, CONFIGURATION, "after")  # it is wanted once more
    assert again.name != run.name and again.continued_from == "" and steps_of(again) == []
    assert (storage / CONFIGURATION).folders() == [again.name]


def test_another_working_tree_takes_a_complete_run_that_dvc_has_not_recorded(storage, enter):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 20)
    end_and_delete_earlier_checkpoints(one, "before")
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert two.continued_from == one.name and steps_of(two) == [20]
    assert not two.folder.has("finished")  # that is for it to say


def test_a_complete_run_is_not_taken_once_dvc_has_recorded_it(storage, enter):
    one = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(one, 20)
    end_and_delete_earlier_checkpoints(one, "before")
    enter("two")
    two = begin_or_resume_run(storage, CONFIGURATION, "after")
    assert two.continued_from == "" and steps_of(two) == []
    assert steps_of(one) == [20] and one.folder.has("finished")  # another's is not deleted


def test_in_a_temporary_copy_a_complete_run_is_deleted(storage, enter, monkeypatch):
    """Nobody comes back to the copy of an experiment. An interrupted run is kept, and others may go on from it."""
    project = enter("one")
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(run, 10)
    enter("copy")
    monkeypatch.setenv("DVC_ROOT", str(project))
    copy = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert copy.name != run.name and copy.continued_from == run.name
    save(copy, 20)
    end_and_delete_earlier_checkpoints(copy, "before")
    assert (storage / CONFIGURATION).folders() == [run.name] and steps_of(run) == [10]


def test_ending_it_again_is_no_error(storage, enter):
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    save(run, 10)
    for _ in range(2):
        end_and_delete_earlier_checkpoints(run, "before")
    assert steps_of(run) == [10]
