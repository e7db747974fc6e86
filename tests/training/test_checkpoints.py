"""Checkpoints: each is whole or does not exist, and the newest two are kept."""

import os

import pytest
import torch

from pipeline.files import folder as storage
from pipeline.files.folder import Folder
from pipeline.training import checkpoints
from pipeline.training.checkpoints import write_checkpoint_and_delete_others


def names(directory) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_newest_is_read(tmp_path):
    directory = Folder.of(tmp_path / "run")
    for step in (5, 10, 100_000):
        model = {"w": torch.full((2,), float(step))}
        write_checkpoint_and_delete_others(directory, step, {"step": step, "model": model, "steps": [{"a": 1.0}]})
    saved = checkpoints.read_newest_checkpoint(directory)
    assert saved["step"] == 100_000 and saved["steps"] == [{"a": 1.0}]
    assert torch.equal(saved["model"]["w"], torch.full((2,), 100_000.0))


def test_the_newest_two_are_kept(tmp_path):
    for step in (2, 4, 9, 10):
        name = write_checkpoint_and_delete_others(Folder.of(tmp_path), step, {"step": step})
    assert names(tmp_path) == ["step-00000009.pt", "step-00000010.pt"] and name == "step-00000010.pt"


def test_without_a_checkpoint(tmp_path):
    assert checkpoints.read_newest_checkpoint(Folder.of(tmp_path / "nowhere")) is None
    (tmp_path / "run.json").write_text("{}")
    assert checkpoints.read_newest_checkpoint(Folder.of(tmp_path)) is None


def test_unfinished_files_are_never_read(tmp_path):
    whole = write_checkpoint_and_delete_others(Folder.of(tmp_path), 1, {"step": 1})
    for unfinished in ("step-00000002.part", "step-00000002.pt.part", "step-00000003.pt~", "step-4.pt"):
        (tmp_path / unfinished).write_bytes((tmp_path / whole).read_bytes()[:50])
    assert checkpoints.read_newest_checkpoint(Folder.of(tmp_path)) == {"step": 1}
    assert checkpoints.checkpoint_names(Folder.of(tmp_path)) == [whole]


def test_a_kill_while_writing_leaves_the_earlier_one(tmp_path, monkeypatch):
    write_checkpoint_and_delete_others(Folder.of(tmp_path), 1, {"step": 1})

    def killed(descriptor):
        partial, = tmp_path.glob("*.part")
        os.truncate(partial, 50)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(storage.os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            write_checkpoint_and_delete_others(Folder.of(tmp_path), 2, {"step": 2})
    assert checkpoints.read_newest_checkpoint(Folder.of(tmp_path)) == {"step": 1}
    assert names(tmp_path) == ["step-00000001.pt"]
    write_checkpoint_and_delete_others(Folder.of(tmp_path), 2, {"step": 2})
    assert checkpoints.read_newest_checkpoint(Folder.of(tmp_path)) == {"step": 2}


def test_a_damaged_checkpoint_is_warned_of_and_the_one_before_it_read(tmp_path, capsys):
    folder = Folder.of(tmp_path)
    for step in (1, 2):
        write_checkpoint_and_delete_others(folder, step, {"step": step, "w": torch.ones(100)})
    for damage in (lambda whole: whole[:len(whole) // 2], lambda whole: b"", lambda whole: b"x" * len(whole)):
        (tmp_path / "step-00000002.pt").write_bytes(damage((tmp_path / "step-00000001.pt").read_bytes()))
        assert checkpoints.read_newest_checkpoint(folder)["step"] == 1
        assert "step-00000002.pt is damaged" in capsys.readouterr().err


def test_damaged_checkpoints_of_later_steps_do_not_replace_new_ones(tmp_path):
    for step in (500, 510):
        (tmp_path / f"step-{step:08}.pt").write_bytes(b"damaged")
    for step in (10, 20, 30):
        write_checkpoint_and_delete_others(Folder.of(tmp_path), step, {"step": step})
        assert checkpoints.read_newest_checkpoint(Folder.of(tmp_path)) == {"step": step}
    assert names(tmp_path) == ["step-00000020.pt", "step-00000030.pt"]


def test_a_failure_of_the_storage_is_no_damaged_checkpoint(tmp_path, monkeypatch):
    write_checkpoint_and_delete_others(Folder.of(tmp_path), 1, {"step": 1})

    def fails(folder, name):
        raise OSError("AWS Error NETWORK_CONNECTION")

    monkeypatch.setattr(Folder, "read", fails)
    with pytest.raises(OSError, match="NETWORK_CONNECTION"):
        checkpoints.read_newest_checkpoint(Folder.of(tmp_path))


def test_the_step_is_in_the_name(tmp_path):
    assert checkpoints.step_of(write_checkpoint_and_delete_others(Folder.of(tmp_path), 120, {"step": 120})) == 120
