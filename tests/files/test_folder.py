"""Folders by path and by URL behave alike, through the file systems of pyarrow and of fsspec."""

import os
import pickle
import time

import pytest

from pipeline.errors import InputError
from pipeline.files.folder import ATTEMPTS, Folder


@pytest.fixture(params=["path", "file", "memory"])
def folder(request, tmp_path) -> Folder:
    location = {"path": str(tmp_path / "a"), "file": f"file://{tmp_path}/a", "memory": f"memory://{tmp_path.name}/a"}
    return Folder.of(location[request.param])


def test_files_are_written_read_listed_and_deleted(folder):
    assert folder.names() == [] and not folder.has("one")
    folder.write("one", b"1")
    folder.write("deep/er/two", b"22")
    folder.write("one", b"111")  # in the place of the first
    assert folder.names() == ["deep/er/two", "one"] and folder.names("deep") == ["deep/er/two"]
    assert folder.has("one") and not folder.has("deep") and folder.read("one") == b"111"
    assert (folder / "deep" / "er").read("two") == b"22" and folder.folders() == ["deep"]
    with folder.open("deep/er/two") as file:
        file.seek(1)
        assert file.read() == b"2"
    folder.delete("one")
    folder.delete("nothing")
    assert folder.names() == ["deep/er/two"]
    folder.delete()
    folder.delete()
    assert folder.names() == []


def test_a_missing_file_raises_file_not_found(folder):
    with pytest.raises(FileNotFoundError):
        folder.read("nothing")


def test_names_leave_out_files_that_are_being_written(folder):
    folder.write("deep/one", b"1")
    with folder.filesystem.open_output_stream(folder.path("deep/two.part")) as file:
        file.write(b"half")
    assert folder.names() == folder.names("deep") == ["deep/one"]
    assert sorted(file[:2] for file in folder.files()) == [("deep/one", 1), ("deep/two.part", 4)]


def test_files_have_a_size_and_a_time(tmp_path):
    folder = Folder.of(tmp_path)
    assert (folder / "nowhere").files() == []
    folder.write("deep/one", b"123")
    os.utime(tmp_path / "deep/one", (1000, 2000))
    assert folder.files() == folder.files("deep") == [("deep/one", 3, 2000.0)]
    folder.write("two", b"")
    assert abs(next(file for file in folder.files() if file.name == "two").written - time.time()) < 60


def test_only_an_empty_folder_is_deleted_if_empty(folder):
    folder.write("deep/one", b"1")
    (folder / "deep").delete_if_empty()
    assert folder.names() == ["deep/one"]
    folder.delete("deep/one")
    for _ in range(2):
        (folder / "deep").delete_if_empty()
    assert folder.names() == [] and (folder.folders() == [] or not folder.is_local)


class Disturbed:
    """A file system of pyarrow. Another process deletes a folder before each of the first calls of one method."""

    def __init__(self, folder: Folder, method: str, deleted: str, times: int):
        self.filesystem, self.method, self.deleted, self.left = folder.filesystem, method, folder.path(deleted), times
        folder.__dict__["filesystem_and_path"] = (self, folder.path())

    def __getattr__(self, name: str):
        if name == self.method and self.left:
            self.left -= 1
            self.filesystem.delete_dir(self.deleted)
        return getattr(self.filesystem, name)


def test_a_file_is_written_while_another_process_deletes_its_folder(tmp_path):
    """A run deletes the empty folder of its configuration while another run begins in it."""
    folder = Folder.of(tmp_path / "a")
    disturbed = Disturbed(folder, "open_output_stream", "", 3)
    folder.write("one", b"1")
    assert disturbed.left == 0 and (tmp_path / "a/one").read_bytes() == b"1" and folder.names() == ["one"]
    Disturbed(folder, "open_output_stream", "deep", ATTEMPTS)
    with pytest.raises(FileNotFoundError):
        folder.write("deep/two", b"2")
    assert folder.names() == ["one"] and not (tmp_path / "a/deep").exists()


@pytest.mark.parametrize("times", [3, ATTEMPTS])
def test_files_are_listed_while_another_process_deletes_folders(tmp_path, times):
    folder = Folder.of(tmp_path)
    folder.write("one", b"1")
    found, failed = folder.filesystem, []

    class Vanishing:
        def get_file_info(self, selected):
            if len(failed) < times:
                failed.append(selected)
                raise FileNotFoundError(2, "Cannot list directory. No such file or directory")
            return found.get_file_info(selected)

    folder.__dict__["filesystem_and_path"] = (Vanishing(), str(tmp_path))
    if times == 3:
        assert folder.names() == ["one"] and len(failed) == times
    else:
        with pytest.raises(FileNotFoundError):
            folder.files()


def test_a_name_is_appended_before_the_options_of_a_url():
    assert str(Folder("s3://b/x?region=us-east-1") / "dfc") == "s3://b/x/dfc?region=us-east-1"
    assert str(Folder("s3://b/x/") / "dfc") == "s3://b/x/dfc" and str(Folder("memory://") / "dfc") == "memory://dfc"
    assert str(Folder("/what?/x") / "dfc") == "/what?/x/dfc"


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path, monkeypatch):
    folder = Folder.of(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda descriptor: (monkeypatch.undo(), folder.write("one", b"second")))
    folder.write("one", b"the first, which ends last")
    assert folder.read("one") == b"the first, which ends last" and folder.names() == ["one"]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_folder_can_be_sent_to_another_process(folder):
    folder.write("one", b"1")
    again = pickle.loads(pickle.dumps(folder))
    assert again == folder and again.read("one") == b"1"
    assert folder.is_local == (not folder.location.startswith("memory"))


@pytest.mark.parametrize("location", ["nonsense://bucket/folder", "gdrive9://x"])
def test_an_unknown_scheme_is_one_sentence(location):
    with pytest.raises(InputError, match=f"nothing here can open {location}.*take a path, or a URL"):
        Folder(location).names()


def test_a_wrong_option_of_a_url_is_named():
    with pytest.raises(InputError, match=r"s3://bucket/x\?endpoint=1 cannot be opened: .*endpoint"):
        Folder("s3://bucket/x?endpoint=1").names()


def test_storage_that_refuses_access_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    Folder(str(tmp_path / "nothing")).check_reachable()
    away = "s3://bucket/x?endpoint_override=127.0.0.1:9&scheme=http&region=us-east-1"
    with pytest.raises(InputError, match="127.0.0.1:9.* cannot be reached .*check the name .* and the credentials"):
        Folder(away).check_reachable()


def test_a_failed_write_leaves_no_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Folder.of(tmp_path).write("one", b"1")
    assert not list(tmp_path.iterdir())
