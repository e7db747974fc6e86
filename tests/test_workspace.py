"""Where lasting things lie."""

import hashlib

import pytest

from pipeline.storage import Folder
from pipeline.workspace import digest, lasting, only, project_root, published, recorded, sha256


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A temporary copy, in which DVC runs an experiment, and the project that it names."""
    (tmp_path / "copy").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    return tmp_path


def test_dvc_names_the_project(elsewhere):
    assert project_root() == (elsewhere / "project").resolve()
    assert str(lasting(".checkpoints")) == str((elsewhere / "project" / ".checkpoints").resolve())


@pytest.mark.parametrize("named", [None, ""])
def test_without_dvc_it_is_the_current_folder(elsewhere, monkeypatch, named):
    monkeypatch.delenv("DVC_ROOT")
    if named is not None:
        monkeypatch.setenv("DVC_ROOT", named)
    assert project_root() == (elsewhere / "copy").resolve()
    assert str(lasting(".checkpoints")) == str((elsewhere / "copy" / ".checkpoints").resolve())


@pytest.mark.parametrize("path", ["/scratch/checkpoints", "s3://bucket/checkpoints"])
def test_absolute_paths_and_urls_stay(elsewhere, path):
    assert str(lasting(path)) == path


def test_a_relative_storage_is_in_the_project_and_a_copy_is_made_for_any_other(tmp_path):
    local = tmp_path / "shards"
    (local / "view=eyes").mkdir(parents=True)
    (local / "view=eyes" / "part.parquet").write_bytes(b"faces")
    (local / "_manifest.json").write_text("{}")
    assert str(published(local, ".checkpoints", "shards-1", "_manifest.json")) == str(local)
    for storage in (str(tmp_path / "nfs"), f"file://{tmp_path}/url", "memory://bucket"):
        copy = published(local, storage, "shards-1", "_manifest.json")
        assert str(copy) == f"{storage}/shards-1" and copy.names() == ["_manifest.json", "view=eyes/part.parquet"]
        assert copy.read("view=eyes/part.parquet") == b"faces"
        (local / "_manifest.json").write_text("changed")
        published(local, storage, "shards-1", "_manifest.json")  # it is there
        assert copy.read("_manifest.json") == b"{}"
        (local / "_manifest.json").write_text("{}")
    one = local / "_manifest.json"
    assert str(published(one, ".checkpoints", "network-1", one.name)) == str(local)
    assert published(one, str(tmp_path / "nfs"), "network-1", one.name).names() == [one.name]


def test_only_a_part_of_a_folder_is_copied_where_no_more_is_needed(tmp_path):
    local = tmp_path / "shards"
    for view in ("aligned", "eyes"):
        (local / f"view={view}").mkdir(parents=True)
        for name in ("part.parquet", "_manifest.json"):
            (local / f"view={view}" / name).write_text(view)
    copy = published(local, str(tmp_path / "nfs"), "shards-1", "view=eyes/_manifest.json", only="view=eyes")
    assert copy.names() == ["view=eyes/_manifest.json", "view=eyes/part.parquet"]
    assert copy.read("view=eyes/part.parquet") == b"eyes"
    assert str(published(local, ".checkpoints", "shards-1", "view=eyes/_manifest.json", only="view=eyes")) == str(local)


def test_a_copy_that_was_interrupted_is_completed(tmp_path, monkeypatch):
    local = tmp_path / "shards"
    local.mkdir()
    for name in ("_manifest.json", "a", "b"):
        (local / name).write_text(name)
    written = []
    monkeypatch.setattr(Folder, "write", lambda folder, name, data, write=Folder.write: (
        written.append(name), write(folder, name, data)))
    storage = Folder(str(tmp_path / "nfs" / "shards-1"))
    storage.write("a", b"a")
    published(local, str(tmp_path / "nfs"), "shards-1", "_manifest.json")
    assert written == ["a", "b", "_manifest.json"]


def test_what_dvc_has_recorded_of_a_stage(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert recorded("train@dfc") == ""
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\nstages:\n  train@dfc:\n    cmd: python\n")
    assert recorded("train@dfc") == '{"cmd": "python"}' and recorded("train@pvae") == ""
    for text in ("", "schema: '2.0'\n", "stages:\n"):
        (tmp_path / "dvc.lock").write_text(text)
        assert recorded("train@dfc") == ""


def test_abandoned_work_is_deleted(tmp_path):
    for name in ("old", "mine"):
        (tmp_path / name).mkdir()
    assert only(tmp_path / "mine") == tmp_path / "mine" and only(tmp_path / "nowhere" / "mine").name == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_half_written_files_of_a_killed_run_are_deleted(tmp_path):
    for name in ("mine/shards/part-0.parquet", "mine/shards/part-1.parquet.0123.part"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    only(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine/shards").iterdir()] == ["part-0.parquet"]


def test_a_digest_depends_on_every_part_and_on_what_files_hold(tmp_path):
    file = tmp_path / "file"
    names = set()
    for content in ("1", "2"):
        file.write_text(content)
        names |= {digest("a", "b", file), digest("ab", file), digest("b", "a", file)}
    assert len(names) == 6 and digest("a", "b", file) in names
    assert sha256(file) == hashlib.sha256(b"2").hexdigest()
