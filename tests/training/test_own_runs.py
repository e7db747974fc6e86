"""The runs that a working tree remembers: which are its own, and which are deleted."""

import json
import shutil

from pipeline.files.folder import Folder
from pipeline.training import checkpoints, own_runs
from pipeline.training.own_runs import delete_complete_runs
from pipeline.training.runs import Run, begin_or_resume_run, end_and_delete_earlier_checkpoints

CONFIGURATION, OTHER_CONFIGURATION = "dfc-0123456789abcdef", "dfc-fedcba9876543210"
OTHER_VARIANT = "dfc_345-0123456789abcdef"


def begun(storage: Folder, configuration: str) -> Run:
    """A run with a checkpoint."""
    run = begin_or_resume_run(storage, configuration, "before")
    checkpoints.write_checkpoint_and_delete_others(run.folder, 10, {"step": 10})
    return run


def complete(storage: Folder, configuration: str) -> Run:
    """A run that is complete, and that DVC has not recorded."""
    run = begun(storage, configuration)
    end_and_delete_earlier_checkpoints(run, "before")
    return run


def is_there(run: Run) -> bool:
    return checkpoints.checkpoint_names(run.folder) != []


def test_a_working_tree_remembers_a_run_of_each_configuration(storage, enter):
    folder = enter("one")
    assert own_runs.remembered() == []
    runs = {configuration: begin_or_resume_run(storage, configuration, "before").name
            for configuration in (OTHER_CONFIGURATION, CONFIGURATION)}
    (folder / own_runs.REMEMBERED / "dfc-0.part").write_text("being written")
    (folder / own_runs.REMEMBERED / "dfc-1").write_text("")  # the machine lost its power
    assert own_runs.remembered() == sorted(runs.items())
    enter("two")
    assert own_runs.remembered() == [] and own_runs.remembered(folder) == sorted(runs.items())


def test_a_run_belongs_to_the_host_and_folder_where_it_was_begun(storage, enter, monkeypatch):
    run = begin_or_resume_run(storage, CONFIGURATION, "before")
    assert own_runs.is_own(run.folder) and json.loads(run.folder.read(own_runs.OWNER)) == own_runs.owner()
    enter("two")
    assert not own_runs.is_own(run.folder)
    enter("one")
    monkeypatch.setattr(own_runs.socket, "gethostname", lambda: "another")
    assert not own_runs.is_own(run.folder) and not own_runs.is_own(storage / CONFIGURATION / ("a" * 32))


def test_a_complete_run_is_recorded_once_the_stages_entry_in_dvc_lock_has_changed(storage, enter):
    run = begun(storage, CONFIGURATION)
    assert not own_runs.is_recorded(run.folder, "before") and not own_runs.is_recorded(run.folder, "after")
    end_and_delete_earlier_checkpoints(run, "before")
    assert not own_runs.is_recorded(run.folder, "before") and own_runs.is_recorded(run.folder, "after")
    assert not own_runs.is_recorded(run.folder, "")  # DVC has nothing on record


def test_complete_runs_are_deleted_once_dvc_has_recorded_them(storage, enter):
    """The stage track deletes them."""
    other_variant, one, other = (complete(storage, configuration)
                                 for configuration in (OTHER_VARIANT, CONFIGURATION, OTHER_CONFIGURATION))
    interrupted = begun(storage, "dfc-1111111111111111")
    delete_complete_runs(storage, "dfc", "before")
    assert all(map(is_there, (other_variant, one, other, interrupted)))
    delete_complete_runs(storage, "dfc", "after")
    assert [is_there(run) for run in (other_variant, one, other, interrupted)] == [True, False, False, True]
    assert own_runs.remembered() == [("dfc-1111111111111111", interrupted.name), (OTHER_VARIANT, other_variant.name)]
    delete_complete_runs(storage, "dfc", "after")


def test_before_a_training_complete_runs_of_other_configurations_go_too(storage, enter):
    """The stage train deletes them: nobody wants them any more."""
    other_variant, wanted, other = (complete(storage, configuration)
                                    for configuration in (OTHER_VARIANT, CONFIGURATION, OTHER_CONFIGURATION))
    interrupted = begun(storage, "dfc-1111111111111111")
    delete_complete_runs(storage, "dfc", "before", wanted=CONFIGURATION)
    assert [is_there(run) for run in (other_variant, wanted, other, interrupted)] == [True, True, False, True]
    assert begin_or_resume_run(storage, CONFIGURATION, "before") == wanted
    delete_complete_runs(storage, "dfc", "after", wanted=CONFIGURATION)
    assert [is_there(run) for run in (other_variant, wanted, interrupted)] == [True, False, True]


def test_runs_of_other_working_trees_are_not_deleted(storage, enter, tmp_path):
    mine = complete(storage, CONFIGURATION)
    enter("two")
    others = complete(storage, CONFIGURATION)
    delete_complete_runs(storage, "dfc", "after")
    assert is_there(mine) and not is_there(others)
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    enter("copy")  # remembers the run of the one that it is a copy of
    delete_complete_runs(storage, "dfc", "after", wanted=OTHER_CONFIGURATION)
    assert is_there(mine)


def test_the_folder_of_a_configuration_goes_with_its_last_run(tmp_path, enter):
    storage = Folder.of(tmp_path / "storage")
    complete(storage, OTHER_CONFIGURATION)
    run = complete(storage, CONFIGURATION)
    enter("two")
    others = begun(storage, CONFIGURATION)
    enter("one")
    delete_complete_runs(storage, "dfc", "after")
    assert storage.folders() == [CONFIGURATION] and not is_there(run) and is_there(others)


def test_what_was_deleted_by_hand_is_no_error(storage, enter):
    complete(storage, CONFIGURATION).folder.delete()
    delete_complete_runs(storage, "dfc", "after", wanted=OTHER_CONFIGURATION)
