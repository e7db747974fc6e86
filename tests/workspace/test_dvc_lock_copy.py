"""A half-written dvc.lock is replaced by the last whole one."""

import pytest

from pipeline.workspace.dvc_lock_copy import keep_lock_whole

LOCK = "schema: '2.0'\nstages:\n  plan:\n    cmd: python\n    outs:\n    - path: plan\n      md5: 1.dir\n"


@pytest.mark.parametrize("half", ["", "schema: '2.0'", LOCK[:70], LOCK[:LOCK.index("path:")]])
def test_a_half_written_lock_is_replaced_by_the_last_whole_one(tmp_path, monkeypatch, capsys, half):
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / "dvc.lock"
    keep_lock_whole()  # nothing to keep
    assert not lock.exists()
    lock.write_text(half)
    keep_lock_whole()  # and nothing to take instead
    assert lock.read_text() == half
    lock.write_text(LOCK)
    keep_lock_whole()
    lock.write_text(half)
    keep_lock_whole()
    assert lock.read_text() == LOCK and "half written" in capsys.readouterr().err
    keep_lock_whole()
    assert capsys.readouterr().err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [".dvc", "dvc.lock"]
    assert sorted(path.name for path in (tmp_path / ".dvc/tmp").iterdir()) == ["dvc.lock", "dvc.lock.damaged", "lock"]


def test_a_lock_with_a_merges_conflict_is_left_to_dvc(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock, conflict = tmp_path / "dvc.lock", LOCK.replace("    cmd", "<<<<<<< HEAD\n    cmd", 1)
    lock.write_text(LOCK)
    keep_lock_whole()
    lock.write_text(conflict)
    keep_lock_whole()
    assert lock.read_text() == conflict


def test_a_lock_that_another_dvc_is_writing_is_left_alone(tmp_path, monkeypatch):
    from zc.lockfile import LockFile

    monkeypatch.chdir(tmp_path)
    lock = tmp_path / "dvc.lock"
    lock.write_text(LOCK)
    keep_lock_whole()
    lock.write_text(LOCK[:70])
    held = LockFile(".dvc/tmp/lock")  # as DVC does while it works
    keep_lock_whole()
    assert lock.read_text() == LOCK[:70]
    held.close()
    keep_lock_whole()
    assert lock.read_text() == LOCK and (tmp_path / ".dvc/tmp/dvc.lock.damaged").read_text() == LOCK[:70]
