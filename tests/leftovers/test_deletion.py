"""Deleting folders by name and by age."""

import pytest

from pipeline.config.loading import load_params
from pipeline.errors import InputError
from pipeline.leftovers.__main__ import main
from pipeline.tracking import store, training_run
from tests import tiny
from tests.leftovers.conftest import (
    DATA,
    DAY,
    EARLIER,
    ONE,
    OTHER,
    folders_in,
    planned_configuration,
    read_list,
    set_params,
    write_file,
)


def test_only_named_folders_are_deleted(storage, begin_run, capsys):
    one, two, other = begin_run(ONE, 10), begin_run(ONE, 10, clone="another"), begin_run(OTHER, 10)
    write_file(storage, "shards-0123456789abcdef/view=aligned/a", 1000)
    write_file(storage, "shards-1111111111111111/view=aligned/a", 1000)
    capsys.readouterr()
    main(["delete", "shards-0123456789abcdef", one, other])
    assert folders_in(storage) == {ONE, two, "shards-1111111111111111", "shards-1111111111111111/view=aligned"}
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "deleted shards-0123456789abcdef: 1 kB" and said[1].startswith(f"deleted {one}: ")
    assert said[-1].startswith(f"{storage}: ") and said[-1].endswith(" kB freed") and len(said) == 4
    main(["delete", two])
    assert folders_in(storage) == {"shards-1111111111111111", "shards-1111111111111111/view=aligned"}


def test_a_needed_folder_is_deleted_if_it_is_named(begin_run, storage):
    main(["delete", begin_run(ONE, 10, clone="project")])
    assert folders_in(storage) == set()


@pytest.mark.parametrize("name", ["shards-1111111111111111", ONE, ".", "..", ""])
def test_an_unknown_name_is_refused_and_nothing_is_deleted(storage, begin_run, name):
    known = begin_run(ONE, 10)
    with pytest.raises(InputError) as refused:
        main(["delete", known, name])
    assert str(refused.value) == f"there is no {name} in the list; `python -m pipeline.leftovers` prints it"
    assert folders_in(storage) == {ONE, known}


def test_older_folders_are_deleted_except_those_that_are_needed(planned, storage, begin_run, capsys):
    old, young = begin_run(ONE, 10, age=40 * DAY), begin_run(ONE, 10, clone="another", age=20 * DAY)
    mine = begin_run(planned_configuration(), 10, clone="project", age=40 * DAY)
    for name, age in (("shards-0000000000000000/a", 40 * DAY), (f"shards-{DATA[:16]}/a", 40 * DAY),
                      ("holidays/a", 40 * DAY), ("holidays/b", 10 * DAY), ("notes.txt", 31 * DAY)):
        write_file(storage, name, 10, age)
    capsys.readouterr()
    main(["delete", "--older-than", "30"])
    deleted = {line.split()[1].rstrip(":") for line in capsys.readouterr().out.splitlines()[:-1]}
    assert deleted == {old, "shards-0000000000000000"} and (storage / "notes.txt").exists()
    kept = {planned_configuration(), mine, f"shards-{DATA[:16]}", "holidays"}
    assert folders_in(storage) == {ONE, young} | kept
    main(["delete", "--older-than", "30"])
    assert capsys.readouterr().out == f"{storage}: 0 B freed\n"
    main(["delete", "--older-than", "0"])
    assert folders_in(storage) == kept


def test_a_foreign_folder_is_not_deleted(storage):
    write_file(storage, "holidays/beach.jpg", 1)
    with pytest.raises(InputError, match="^holidays is not of this project; delete it yourself$"):
        main(["delete", "holidays"])
    assert (storage / "holidays/beach.jpg").exists()


def test_a_configuration_of_an_earlier_version_is_deleted_without_the_runs_in_it(storage, begin_run, capsys):
    mine = begin_run(EARLIER, 10)
    for name in ("step-00000010.pt", "ray/run/a"):
        write_file(storage, f"{EARLIER}/{name}", 1)
    assert read_list(capsys).keys() == {mine, EARLIER}
    main(["delete", EARLIER])
    assert read_list(capsys).keys() == {mine}


@pytest.mark.parametrize("arguments", [[], ["shards-0", "--older-than", "30"], ["--older-than", "a month"]])
def test_delete_takes_either_names_or_an_age(project, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["delete", *arguments])
    assert ended.value.code == 2 and "usage: python -m pipeline.leftovers delete" in capsys.readouterr().err


def test_a_run_that_mlflow_has_as_running_is_marked_killed(project, begin_run):
    config = load_params().tracking
    killed, complete, mine = (begin_run(ONE, 10, clone=clone) for clone in ("killed", "complete", "project"))
    in_mlflow = {name: training_run.start_or_resume_run(config, tiny.variant(), name.partition("/")[2], {}, {})
                 for name in (killed, complete, mine)}
    client = store.client(config)
    client.set_terminated(in_mlflow[complete], "FINISHED")
    main(["delete", killed, complete])
    assert {name: client.get_run(run_id).info.status for name, run_id in in_mlflow.items()} == {
        killed: "KILLED", complete: "FINISHED", mine: "RUNNING"}


def test_folders_are_deleted_even_if_mlflow_is_away(project, storage, begin_run, capsys):
    set_params(tracking={"uri": "http://127.0.0.1:9", "patience": 0})
    main(["delete", begin_run(ONE, 10)])
    assert folders_in(storage) == set()
    said = capsys.readouterr().err
    assert "has not answered" in said and said.endswith("the run of this training is not marked KILLED there\n")
