import pytest

from pipeline.files.atomic import replace_folder, replacing, write_text
from pipeline.files.json_file import read_json, write_json


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "file"
    with replacing(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole" and names(tmp_path / "deep") == ["file"]


@pytest.mark.parametrize("begun", [True, False])
def test_after_an_error_the_old_file_stays_and_no_partial_one(tmp_path, begun):
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        if begun:
            temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and names(tmp_path) == ["file"]


def test_text_is_utf_8(tmp_path):
    write_text(str(tmp_path / "file"), "64×64")
    assert (tmp_path / "file").read_bytes() == "64×64".encode()


def test_json_is_read_as_it_was_written(tmp_path):
    value = {"images": {"train": 3}, "label": "VAE-123 ×", "C": None}
    write_json(tmp_path / "deep" / "file.json", value)
    assert read_json(tmp_path / "deep" / "file.json") == value and names(tmp_path / "deep") == ["file.json"]
    assert (tmp_path / "deep" / "file.json").read_text().endswith("}\n")


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_is_replaced_and_the_old_one_deleted(tmp_path, exists):
    folder, new = tmp_path / "out" / "shards", tmp_path / "work" / "shards"
    if exists:
        folder.mkdir(parents=True)
        (folder / "old").touch()
    new.mkdir(parents=True)
    (new / "new").touch()
    replace_folder(folder, new)
    assert names(folder) == ["new"] and names(tmp_path / "work") == []
