"""Copies of local files where all nodes see them."""

from pipeline.cluster.shared_files import upload_for_all_nodes
from pipeline.files.folder import Folder


def test_files_are_copied_unless_the_storage_is_a_relative_path(tmp_path):
    local = tmp_path / "shards"
    (local / "view=eyes").mkdir(parents=True)
    (local / "view=eyes" / "part.parquet").write_bytes(b"faces")
    (local / "_manifest.json").write_text("{}")
    assert str(upload_for_all_nodes(local, ".checkpoints", "shards-1", "_manifest.json")) == str(local)
    for storage in (str(tmp_path / "nfs"), f"file://{tmp_path}/url", "memory://bucket"):
        copy = upload_for_all_nodes(local, storage, "shards-1", "_manifest.json")
        assert str(copy) == f"{storage}/shards-1" and copy.names() == ["_manifest.json", "view=eyes/part.parquet"]
        assert copy.read("view=eyes/part.parquet") == b"faces"
        (local / "_manifest.json").write_text("changed")
        upload_for_all_nodes(local, storage, "shards-1", "_manifest.json")  # a complete copy stays as it is
        assert copy.read("_manifest.json") == b"{}"
        (local / "_manifest.json").write_text("{}")
    one = local / "_manifest.json"
    assert str(upload_for_all_nodes(one, ".checkpoints", "network-1", one.name)) == str(local)
    assert upload_for_all_nodes(one, str(tmp_path / "nfs"), "network-1", one.name).names() == [one.name]


def test_a_part_of_a_folder_is_copied_if_no_more_is_needed(tmp_path):
    local = tmp_path / "shards"
    for view in ("aligned", "eyes"):
        (local / f"view={view}").mkdir(parents=True)
        for name in ("part.parquet", "_manifest.json"):
            (local / f"view={view}" / name).write_text(view)
    copy = upload_for_all_nodes(local, str(tmp_path / "nfs"), "shards-1", "view=eyes/_manifest.json",
                                below="view=eyes")
    assert copy.names() == ["view=eyes/_manifest.json", "view=eyes/part.parquet"]
    assert copy.read("view=eyes/part.parquet") == b"eyes"
    here = upload_for_all_nodes(local, ".checkpoints", "shards-1", "view=eyes/_manifest.json", below="view=eyes")
    assert str(here) == str(local)


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
    upload_for_all_nodes(local, str(tmp_path / "nfs"), "shards-1", "_manifest.json")
    assert written == ["a", "b", "_manifest.json"]
