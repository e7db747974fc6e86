"""The list: what each folder is, its size and its age."""

import socket
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.leftovers.__main__ import main
from tests.leftovers.conftest import (
    COPY,
    DATA,
    DAY,
    EARLIER,
    HINT,
    HOUR,
    ONE,
    OTHER,
    folders_in,
    read_list,
    set_params,
    write_file,
)


def test_an_empty_storage_has_an_empty_list(project, capsys):
    main([])
    said = capsys.readouterr().out
    assert said.startswith(f"{project}/.checkpoints: 0 B in 0 folders;") and said.endswith(f"\n{HINT}\n")
    assert said.count("\n") == 2


def test_the_list_says_what_each_folder_is(project, storage, begin_run, tmp_path, capsys):
    unfinished, complete = begin_run(ONE, 10, 20), begin_run(OTHER, 30, complete=True)
    fresh = begin_run("dcgan-0123456789abcdef")
    for name in (f"{EARLIER}/step-00000010.pt", "shards-abababababababab/view=aligned/part-00000.parquet",
                 "latents-dfc-0123456789abcdef/aligned.parquet", "loss_network-cdcdcdcdcdcdcdcd/network.safetensors",
                 "start_weights-efefefefefefefef/model.safetensors",
                 "prepare/0123456789abcdef/done/1.json", "latents/dfc/0123456789abcdef/a.parquet.part",
                 "holidays/beach.jpg", "notes.txt"):
        write_file(storage, name, 1)
    host = socket.gethostname()
    assert {name: what for name, (_, _, what) in read_list(capsys).items()} == {
        unfinished: f"a training of dfc, not complete, step 20, begun in {tmp_path}/clone on {host}",
        fresh: f"a training of dcgan, not complete, no checkpoint, begun in {tmp_path}/clone on {host}",
        complete: f"a training of pvae, complete, step 30, begun in {tmp_path}/clone on {host}",
        EARLIER: "checkpoints of dfc, of an earlier version of this project",
        "shards-abababababababab": "a copy of the shards for a cluster's nodes",
        "latents-dfc-0123456789abcdef": "a copy of latents",
        "loss_network-cdcdcdcdcdcdcdcd": "a copy of a loss network for a cluster's nodes",
        "start_weights-efefefefefefefef": "a copy of the weights from which a training starts",
        "prepare": "parts of shards under way; needed: this working tree goes on with it",
        "latents": "parts of latents under way; needed: this working tree goes on with it",
        "holidays": "not of this project", "notes.txt": "not of this project"}


def test_the_largest_comes_first_with_its_size_and_the_age_of_its_youngest_file(storage, capsys):
    write_file(storage, "small/a", 999, 5 * DAY)
    write_file(storage, "large/a", 1_500_000, 40 * DAY)
    write_file(storage, "large/deep/b.part", 1_000_000, 3 * HOUR)  # it is being written
    found = read_list(capsys)
    assert list(found) == ["large", "small"]
    assert found["large"][:2] == ("2.5 MB", "3 hours") and found["small"][:2] == ("999 B", "5 days")
    main([])
    assert capsys.readouterr().out.splitlines()[-2] == (
        f"{storage}: 2.5 MB in 2 folders; this working tree does not need 2 of them, 2.5 MB")


def test_each_run_of_a_configuration_is_listed(begin_run, capsys):
    one, two = begin_run(ONE, 10, age=3 * DAY), begin_run(ONE, 20, clone="another")
    assert {name: age for name, (_, age, _) in read_list(capsys).items()} == {one: "3 days", two: "0 seconds"}


def test_a_run_of_unknown_origin_is_listed(storage, capsys):
    """The run's folder was deleted while it was alive, and it has written another checkpoint since."""
    write_file(storage, f"{ONE}/{'a' * 32}/step-00000010.pt", 1)
    assert read_list(capsys)[f"{ONE}/{'a' * 32}"][2] == "a training of dfc, not complete, step 10, begun in ? on ?"


def test_copies_of_shards_are_listed_in_a_working_tree_without_data(planned, storage, capsys):
    Path("data/shards/view=aligned/_manifest.json").unlink()
    write_file(storage, f"shards-{DATA[:16]}/a", 10)
    assert read_list(capsys)[f"shards-{DATA[:16]}"][2] == "a copy of the shards for a cluster's nodes"


def test_storage_by_url_is_listed_and_deleted_by_name_but_not_by_age(project, capsys):
    set_params(cluster={"storage": "memory://leftovers"})
    Folder("memory://leftovers").write("shards-0123456789abcdef/a", b"12")
    assert read_list(capsys)["shards-0123456789abcdef"] == (
        "2 B", "of unknown age", "a copy of the shards for a cluster's nodes")
    main(["delete", "--older-than", "0"])
    assert Folder("memory://leftovers").names() == ["shards-0123456789abcdef/a"]
    main(["delete", "shards-0123456789abcdef"])
    assert Folder("memory://leftovers").names() == []


@pytest.mark.parametrize("name", [
    "shards-0", "shards-0123456789abcdef0", "shards-0123456789ABCDEF", "shards-of-2019", "latents-0123456789abcdef",
    "latents-dfc", "latents-dfc-0123", "loss_network-0", "loss_network-vgg19", "start_weights-0",
    "my-shards-0123456789abcdef", "Prepare",
    EARLIER, f"{EARLIER}/ray"])
def test_folders_with_similar_names_are_foreign_and_never_deleted(storage, name, capsys):
    write_file(storage, f"{name}/a", 10, 40 * DAY)
    top = name.partition("/")[0]
    assert {found: what for found, (_, _, what) in read_list(capsys).items()} == {top: "not of this project"}
    with pytest.raises(InputError, match=f"^{top} is not of this project; delete it yourself$"):
        main(["delete", top])
    main(["delete", "--older-than", "0"])
    assert (storage / name / "a").is_file()


def test_folders_in_a_shared_storage_with_the_names_of_parts_are_not_deleted(project, tmp_path, capsys):
    """Parts of unfinished work lie only in .checkpoints."""
    shared = tmp_path / "shared"
    set_params(cluster={"storage": str(shared)})
    for name in ("latents/dfc/a", "prepare/b"):
        write_file(shared, name, 10, 40 * DAY)
        write_file(project / ".checkpoints", name, 10, 40 * DAY)
    assert {name: what for name, (_, _, what) in read_list(capsys).items()} == dict.fromkeys(
        ("latents", "prepare"), "not of this project")
    main(["delete", "--older-than", "0"])
    assert len([path for path in tmp_path.rglob("*") if path.name in ("a", "b")]) == 4


def test_copies_for_experiments_are_deleted_but_not_the_targets_of_their_links(project, storage, capsys, tmp_path):
    cached = tmp_path / "cache/ab/cdef"
    write_file(tmp_path, "cache/ab/cdef", 100_000)
    write_file(project, f"{COPY}/.dvc/config", 10, 3 * DAY)
    write_file(project, f"{COPY}/params.yaml", 1000, 2 * DAY)
    (project / COPY / "models").symlink_to(cached.parent)
    (project / COPY / "link").symlink_to(cached)
    (project / COPY / "gone").symlink_to(tmp_path / "nowhere")
    write_file(project, ".dvc/tmp/exps/celery/tmpfile", 10)  # of DVC's queue
    write_file(storage, "shards-0123456789abcdef/a", 10)
    found = read_list(capsys)
    assert found.keys() == {COPY, "shards-0123456789abcdef"}
    assert found[COPY][2] == "a copy of this project for an experiment, by DVC"
    main(["delete", COPY])
    assert not (project / COPY).exists() and cached.stat().st_size == 100_000
    assert (project / ".dvc/tmp/exps/celery/tmpfile").is_file() and folders_in(storage) == {"shards-0123456789abcdef"}
