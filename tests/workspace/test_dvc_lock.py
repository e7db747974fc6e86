"""What DVC has recorded of a stage."""

from pipeline.workspace.dvc_lock import dvc_lock_entry


def test_the_entry_of_a_stage(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dvc_lock_entry("train@dfc") == ""
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\nstages:\n  train@dfc:\n    cmd: python\n")
    assert dvc_lock_entry("train@dfc") == '{"cmd": "python"}' and dvc_lock_entry("train@pvae") == ""
    for text in ("", "schema: '2.0'\n", "stages:\n"):
        (tmp_path / "dvc.lock").write_text(text)
        assert dvc_lock_entry("train@dfc") == ""
