"""What has gathered in cluster.storage, and of DVC's experiments: it is listed, and deleted by name or by age."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
import torch
import yaml

from pipeline import leftovers
from pipeline.config import load_params, read_variant
from pipeline.errors import InputError
from pipeline.json_file import write_json
from pipeline.leftovers import main, shown_age, shown_size
from pipeline.storage import Folder
from pipeline.tracking import store, training_run
from pipeline.training import checkpoints, runs
from pipeline.training.inputs import inputs_of, loss_network_of
from pipeline.workspace import sha256
from tests import tiny

ONE, OTHER, EARLIER = "dfc-0123456789abcdef", "pvae-0123456789abcdef", "dfc-fedcba9876543210"
DATA = "ab" * 32  # sha256 of the shards
COPY = ".dvc/tmp/exps/standalone/tmpabc_d0"  # of the project, for an experiment
HINT = "to delete some: python -m pipeline.leftovers delete NAME …, or delete --older-than DAYS"
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def project(tmp_path, mlflow_project, config, monkeypatch) -> Path:
    """A working tree with parameters alone, which is the current folder; its storage is .checkpoints."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT")
    set_params(tracking={"uri": f"sqlite:///{mlflow_project}/mlflow.db", "experiment": config.experiment})
    return folder


def set_params(**sections: dict) -> None:
    params = yaml.safe_load(tiny.PARAMS.read_text())
    for section, values in sections.items():
        params[section] |= values
    Path("params.yaml").write_text(yaml.safe_dump(params))


@pytest.fixture
def storage(project) -> Path:
    return project / ".checkpoints"


def put(storage: Path, name: str, size: int, age: float = 0) -> None:
    """A file that was written so long ago."""
    (storage / name).parent.mkdir(parents=True, exist_ok=True)
    (storage / name).write_bytes(bytes(size))
    os.utime(storage / name, (time.time() - age,) * 2)


def older(folder: Path, age: float) -> None:
    for path in folder.rglob("*.*"):
        os.utime(path, (time.time() - age,) * 2)


@pytest.fixture
def begun(tmp_path, storage, monkeypatch):
    """begun(configuration, *steps) begins a run in another clone, with these checkpoints; its name in the list."""
    def begun(configuration: str, *steps: int, complete: bool = False, clone: str = "clone", age: float = 0) -> str:
        (tmp_path / clone).mkdir(exist_ok=True)
        with monkeypatch.context() as there:
            there.chdir(tmp_path / clone)
            run = runs.begin(Folder.of(storage), configuration, "before")
            for step in steps:
                checkpoints.save(run.folder, step, {"step": step, "w": torch.zeros(100)})
            if complete:
                runs.end_and_delete_earlier_checkpoints(run, "before")
        older(storage / configuration / run.name, age)
        return f"{configuration}/{run.name}"

    return begun


def listed(capsys) -> dict[str, tuple[str, str, str]]:
    """Of each folder of the list: size, age, and what it is."""
    capsys.readouterr()
    main([])
    *lines, _, hint = capsys.readouterr().out.splitlines()
    assert hint == HINT
    found = {}
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        number, unit, *age, name = first.split()
        found[name] = f"{number} {unit}", " ".join(age).removesuffix(" old"), second.strip()
    return found


def there(storage: Path) -> set[str]:
    """The folders in the storage, and those in them."""
    return {str(path.relative_to(storage)) for pattern in ("*", "*/*") for path in storage.glob(pattern)
            if path.is_dir()}


# The list.


def test_nothing_is_listed_where_nothing_is(project, capsys):
    main([])
    said = capsys.readouterr().out
    assert said.startswith(f"{project}/.checkpoints: 0 B in 0 folders;") and said.endswith(f"\n{HINT}\n")
    assert said.count("\n") == 2


def test_each_kind_is_told(project, storage, begun, tmp_path, capsys):
    unfinished, complete = begun(ONE, 10, 20), begun(OTHER, 30, complete=True)
    fresh = begun("dcgan-0123456789abcdef")
    for name in (f"{EARLIER}/step-00000010.pt", "shards-abababababababab/view=aligned/part-00000.parquet",
                 "latents-dfc-0123456789abcdef/aligned.parquet", "loss_network-cdcdcdcdcdcdcdcd/network.safetensors",
                 "prepare/0123456789abcdef/done/1.json", "latents/dfc/0123456789abcdef/a.parquet.part",
                 "holidays/beach.jpg", "notes.txt"):
        put(storage, name, 1)
    host = socket.gethostname()
    assert {name: what for name, (_, _, what) in listed(capsys).items()} == {
        unfinished: f"a training of dfc, not complete, step 20, begun in {tmp_path}/clone on {host}",
        fresh: f"a training of dcgan, not complete, no checkpoint, begun in {tmp_path}/clone on {host}",
        complete: f"a training of pvae, complete, step 30, begun in {tmp_path}/clone on {host}",
        EARLIER: "checkpoints of dfc, of an earlier version of this project",
        "shards-abababababababab": "a copy of the shards for a cluster's nodes",
        "latents-dfc-0123456789abcdef": "a copy of latents",
        "loss_network-cdcdcdcdcdcdcdcd": "a copy of a loss network for a cluster's nodes",
        "prepare": "parts of shards under way; needed: this working tree goes on with it",
        "latents": "parts of latents under way; needed: this working tree goes on with it",
        "holidays": "not of this project", "notes.txt": "not of this project"}


def test_the_largest_comes_first_with_its_size_and_the_age_of_its_youngest_file(storage, capsys):
    put(storage, "small/a", 999, 5 * DAY)
    put(storage, "large/a", 1_500_000, 40 * DAY)
    put(storage, "large/deep/b.part", 1_000_000, 3 * HOUR)  # it is being written
    found = listed(capsys)
    assert list(found) == ["large", "small"]
    assert found["large"][:2] == ("2.5 MB", "3 hours") and found["small"][:2] == ("999 B", "5 days")
    main([])
    assert capsys.readouterr().out.splitlines()[-2] == (
        f"{storage}: 2.5 MB in 2 folders; this working tree does not need 2 of them, 2.5 MB")


def test_runs_of_one_configuration_are_listed_each_for_itself(begun, capsys):
    one, two = begun(ONE, 10, age=3 * DAY), begun(ONE, 20, clone="another")
    assert {name: age for name, (_, age, _) in listed(capsys).items()} == {one: "3 days", two: "0 seconds"}


def test_a_run_of_unknown_origin_is_listed_too(storage, capsys):
    """One whose folder was deleted while it was alive, and that has written another checkpoint since."""
    put(storage, f"{ONE}/{'a' * 32}/step-00000010.pt", 1)
    assert listed(capsys)[f"{ONE}/{'a' * 32}"][2] == "a training of dfc, not complete, step 10, begun in ? on ?"


@pytest.fixture
def planned(project) -> Path:
    """The working tree, when its shards and a loss network are there."""
    tiny.write_code(tiny.variant(), tiny.variant("pvae"))
    write_json(Path("data/shards/view=aligned/_manifest.json"), {"sha256": DATA, "files_sha256": "of their files"})
    write_json(loss_network_of(tiny.variant("pvae")), {})
    tiny.write_loss_network(loss_network_of(tiny.variant()))
    return project


def planned_configuration() -> str:
    """Of dfc, in the working tree as it is planned."""
    return inputs_of(read_variant("plan/dfc.json")).configuration()


def test_what_this_working_tree_needs_is_told(planned, storage, begun, capsys):
    network = f"loss_network-{sha256(loss_network_of(tiny.variant()))[:16]}"
    for name in (f"shards-{DATA[:16]}", "shards-0000000000000000", network, "loss_network-0000000000000000"):
        put(storage, f"{name}/a", 10)
    now = planned_configuration()
    mine, others, earlier = begun(now, 10, clone="project"), begun(now, 10), begun(ONE, 10, clone="project")
    told = {name: what.partition("; needed: ")[2] for name, (_, _, what) in listed(capsys).items()}
    assert told == {
        mine: "this working tree goes on with it", others: "", earlier: "",
        f"shards-{DATA[:16]}": "the shards of this working tree", "shards-0000000000000000": "",
        network: "a loss network of this working tree", "loss_network-0000000000000000": ""}
    main([])
    assert "in 7 folders; this working tree does not need 4 of them, " in capsys.readouterr().out


def test_without_data_any_run_of_a_variant_may_be_the_one_to_go_on_with(planned, begun, capsys):
    mine, removed = begun(ONE, 10, clone="project"), begun("dcgan-0123456789abcdef", 10, clone="project")
    assert not [name for name, (_, _, what) in listed(capsys).items() if "needed" in what]
    Path("data/shards/view=aligned/_manifest.json").unlink()
    assert {name: "needed" in what for name, (_, _, what) in listed(capsys).items()} == {mine: True, removed: False}


@pytest.mark.parametrize(("recorded", "needed"), [("before", True), ("after", False)])
def test_a_complete_run_is_needed_until_dvc_has_recorded_it(project, begun, capsys, monkeypatch, recorded, needed):
    monkeypatch.setattr(leftovers, "recorded", lambda stage: {"train@dfc": recorded}[stage])
    mine = begun(ONE, 10, clone="project", complete=True)
    assert ("; needed: this working tree goes on with it" in listed(capsys)[mine][2]) == needed


def test_a_run_that_a_copied_checkout_remembers_is_not_its_own(project, begun, capsys, tmp_path, monkeypatch):
    mine = begun(ONE, 10, clone="project")
    shutil.copytree(project, tmp_path / "copy", ignore=shutil.ignore_patterns(".checkpoints"))
    monkeypatch.chdir(tmp_path / "copy")
    set_params(cluster={"storage": f"{project}/.checkpoints"})
    assert "needed" not in listed(capsys)[mine][2]
    monkeypatch.chdir(project)
    assert listed(capsys)[mine][2].endswith("; needed: this working tree goes on with it")


@pytest.mark.parametrize("name", [
    "shards-0", "shards-0123456789abcdef0", "shards-0123456789ABCDEF", "shards-of-2019", "latents-0123456789abcdef",
    "latents-dfc", "latents-dfc-0123", "loss_network-0", "loss_network-vgg19", "my-shards-0123456789abcdef", "Prepare",
    EARLIER, f"{EARLIER}/ray"])
def test_what_only_looks_like_it_is_not_of_this_project_and_never_deleted(storage, name, capsys):
    put(storage, f"{name}/a", 10, 40 * DAY)
    top = name.partition("/")[0]
    assert {found: what for found, (_, _, what) in listed(capsys).items()} == {top: "not of this project"}
    with pytest.raises(InputError, match=f"^{top} is not of this project; delete it yourself$"):
        main(["delete", top])
    main(["delete", "--older-than", "0"])
    assert (storage / name / "a").is_file()


def test_what_others_keep_in_a_shared_storage_under_the_names_of_parts_is_not_deleted(project, tmp_path, capsys):
    """Parts of what is under way lie in .checkpoints alone."""
    shared = tmp_path / "shared"
    set_params(cluster={"storage": str(shared)})
    for name in ("latents/dfc/a", "prepare/b"):
        put(shared, name, 10, 40 * DAY)
        put(project / ".checkpoints", name, 10, 40 * DAY)
    assert {name: what for name, (_, _, what) in listed(capsys).items()} == dict.fromkeys(
        ("latents", "prepare"), "not of this project")
    main(["delete", "--older-than", "0"])
    assert len([path for path in tmp_path.rglob("*") if path.name in ("a", "b")]) == 4


def test_copies_of_experiments_are_listed_and_deleted_but_not_what_they_link_to(project, storage, capsys, tmp_path):
    cached = tmp_path / "cache/ab/cdef"
    put(tmp_path, "cache/ab/cdef", 100_000)
    put(project, f"{COPY}/.dvc/config", 10, 3 * DAY)
    put(project, f"{COPY}/params.yaml", 1000, 2 * DAY)
    (project / COPY / "models").symlink_to(cached.parent)
    (project / COPY / "link").symlink_to(cached)
    (project / COPY / "gone").symlink_to(tmp_path / "nowhere")
    put(project, ".dvc/tmp/exps/celery/tmpfile", 10)  # of DVC's queue
    put(storage, "shards-0123456789abcdef/a", 10)
    found = listed(capsys)
    assert found.keys() == {COPY, "shards-0123456789abcdef"}
    assert found[COPY][2] == "a copy of this project for an experiment, by DVC"
    main(["delete", COPY])
    assert not (project / COPY).exists() and cached.stat().st_size == 100_000
    assert (project / ".dvc/tmp/exps/celery/tmpfile").is_file() and there(storage) == {"shards-0123456789abcdef"}


def test_a_copy_in_which_an_experiment_runs_is_needed_and_its_run_too(project, storage, begun, capsys):
    put(project, f"{COPY}/.dvc/config", 10, 40 * DAY)
    put(project, f"{COPY}/stages/a", 10, 40 * DAY)
    trains = begun(ONE, 10, clone=f"project/{COPY}", age=40 * DAY)
    older(project / COPY, 40 * DAY)
    assert [listed(capsys)[name][2].partition("; needed: ")[2] for name in (COPY, trains)] == ["", ""]
    experiment = subprocess.Popen(["sleep", "600"], cwd=project / COPY / "stages")
    try:
        assert [listed(capsys)[name][2].partition("; needed: ")[2] for name in (COPY, trains)] == [
            "a process runs in it", "an experiment trains it now"]
        main(["delete", "--older-than", "30"])
        assert listed(capsys).keys() == {COPY, trains}
    finally:
        experiment.kill()
        experiment.wait()
    os.utime(project / COPY / ".dvc/tmp/trainings" / ONE, (time.time() - 40 * DAY,) * 2)
    main(["delete", "--older-than", "30"])
    assert there(storage) == set() and not (project / COPY).exists()


def test_a_process_beside_a_copy_does_not_need_it(project, capsys):
    put(project, f"{COPY}/.dvc/config", 10)
    (project / f"{COPY}0").mkdir()
    beside = subprocess.Popen(["sleep", "600"], cwd=project / f"{COPY}0")
    try:
        assert "needed" not in listed(capsys)[COPY][2]
    finally:
        beside.kill()
        beside.wait()


def test_without_data_it_is_listed_too(planned, storage, capsys):
    Path("data/shards/view=aligned/_manifest.json").unlink()
    put(storage, f"shards-{DATA[:16]}/a", 10)
    assert listed(capsys)[f"shards-{DATA[:16]}"][2] == "a copy of the shards for a cluster's nodes"


def test_storage_elsewhere_is_listed(project, capsys):
    set_params(cluster={"storage": "memory://leftovers"})
    Folder("memory://leftovers").write("shards-0123456789abcdef/a", b"12")
    assert listed(capsys)["shards-0123456789abcdef"] == (
        "2 B", "of unknown age", "a copy of the shards for a cluster's nodes")
    main(["delete", "--older-than", "0"])
    assert Folder("memory://leftovers").names() == ["shards-0123456789abcdef/a"]
    main(["delete", "shards-0123456789abcdef"])
    assert Folder("memory://leftovers").names() == []


def test_sizes_and_ages_in_words():
    assert [shown_size(size) for size in (0, 999, 1234, 999_700, 5_000_000, 20_480_000_000, 1.2e12)] == [
        "0 B", "999 B", "1.23 kB", "1 MB", "5 MB", "20.5 GB", "1.2 TB"]
    now, ages = time.time(), (-1, 59, 118, 140, 2 * HOUR, 47 * HOUR, 2 * DAY, 100 * DAY)
    assert [shown_age(now - age).removesuffix(" old") for age in ages] == [
        "0 seconds", "59 seconds", "118 seconds", "2 minutes", "2 hours", "47 hours", "2 days", "100 days"]


# Deleting.


def test_what_is_named_is_deleted_and_nothing_else(storage, begun, capsys):
    one, two, other = begun(ONE, 10), begun(ONE, 10, clone="another"), begun(OTHER, 10)
    put(storage, "shards-0123456789abcdef/view=aligned/a", 1000)
    put(storage, "shards-1111111111111111/view=aligned/a", 1000)
    capsys.readouterr()
    main(["delete", "shards-0123456789abcdef", one, other])
    assert there(storage) == {ONE, two, "shards-1111111111111111", "shards-1111111111111111/view=aligned"}
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "deleted shards-0123456789abcdef: 1 kB" and said[1].startswith(f"deleted {one}: ")
    assert said[-1].startswith(f"{storage}: ") and said[-1].endswith(" kB freed") and len(said) == 4
    main(["delete", two])
    assert there(storage) == {"shards-1111111111111111", "shards-1111111111111111/view=aligned"}


def test_what_this_working_tree_needs_is_deleted_if_it_is_named(begun, storage):
    main(["delete", begun(ONE, 10, clone="project")])
    assert there(storage) == set()


@pytest.mark.parametrize("name", ["shards-1111111111111111", ONE, ".", "..", ""])
def test_an_unknown_name_is_refused_and_nothing_deleted(storage, begun, name):
    known = begun(ONE, 10)
    with pytest.raises(InputError) as refused:
        main(["delete", known, name])
    assert str(refused.value) == f"there is no {name} in the list; `python -m pipeline.leftovers` prints it"
    assert there(storage) == {ONE, known}


def test_what_is_older_is_deleted_except_what_is_needed(planned, storage, begun, capsys):
    old, young = begun(ONE, 10, age=40 * DAY), begun(ONE, 10, clone="another", age=20 * DAY)
    mine = begun(planned_configuration(), 10, clone="project", age=40 * DAY)
    for name, age in (("shards-0000000000000000/a", 40 * DAY), (f"shards-{DATA[:16]}/a", 40 * DAY),
                      ("holidays/a", 40 * DAY), ("holidays/b", 10 * DAY), ("notes.txt", 31 * DAY)):
        put(storage, name, 10, age)
    capsys.readouterr()
    main(["delete", "--older-than", "30"])
    deleted = {line.split()[1].rstrip(":") for line in capsys.readouterr().out.splitlines()[:-1]}
    assert deleted == {old, "shards-0000000000000000"} and (storage / "notes.txt").exists()
    kept = {planned_configuration(), mine, f"shards-{DATA[:16]}", "holidays"}
    assert there(storage) == {ONE, young} | kept
    main(["delete", "--older-than", "30"])
    assert capsys.readouterr().out == f"{storage}: 0 B freed\n"
    main(["delete", "--older-than", "0"])
    assert there(storage) == kept


def test_what_is_not_of_this_project_is_not_deleted(storage):
    put(storage, "holidays/beach.jpg", 1)
    with pytest.raises(InputError, match="^holidays is not of this project; delete it yourself$"):
        main(["delete", "holidays"])
    assert (storage / "holidays/beach.jpg").exists()


def test_a_configuration_of_an_earlier_version_is_deleted_without_the_runs_in_it(storage, begun, capsys):
    mine = begun(EARLIER, 10)
    for name in ("step-00000010.pt", "ray/run/a"):
        put(storage, f"{EARLIER}/{name}", 1)
    assert listed(capsys).keys() == {mine, EARLIER}
    main(["delete", EARLIER])
    assert listed(capsys).keys() == {mine}


@pytest.mark.parametrize("arguments", [[], ["shards-0", "--older-than", "30"], ["--older-than", "a month"]])
def test_deleting_wants_names_or_an_age(project, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["delete", *arguments])
    assert ended.value.code == 2 and "usage: python -m pipeline.leftovers delete" in capsys.readouterr().err


def test_a_run_that_mlflow_has_as_running_is_marked_killed(project, begun):
    config = load_params().tracking
    killed, complete, mine = (begun(ONE, 10, clone=clone) for clone in ("killed", "complete", "project"))
    in_mlflow = {name: training_run.start(config, tiny.variant(), name.partition("/")[2], {}, {})
                 for name in (killed, complete, mine)}
    client = store.client(config)
    client.set_terminated(in_mlflow[complete], "FINISHED")
    main(["delete", killed, complete])
    assert {name: client.get_run(run_id).info.status for name, run_id in in_mlflow.items()} == {
        killed: "KILLED", complete: "FINISHED", mine: "RUNNING"}


def test_where_mlflow_is_away_it_is_deleted_all_the_same(project, storage, begun, capsys):
    set_params(tracking={"uri": "http://127.0.0.1:9", "patience": 0})
    main(["delete", begun(ONE, 10)])
    assert there(storage) == set()
    said = capsys.readouterr().err
    assert "has not answered" in said and said.endswith("the run of this training is not marked KILLED there\n")
