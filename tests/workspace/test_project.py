"""Where the project's own folder is."""

import pytest

from pipeline.workspace.project import in_project, project_root


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
    assert str(in_project(".checkpoints")) == str((elsewhere / "project" / ".checkpoints").resolve())


@pytest.mark.parametrize("named", [None, ""])
def test_without_dvc_it_is_the_current_folder(elsewhere, monkeypatch, named):
    monkeypatch.delenv("DVC_ROOT")
    if named is not None:
        monkeypatch.setenv("DVC_ROOT", named)
    assert project_root() == (elsewhere / "copy").resolve()
    assert str(in_project(".checkpoints")) == str((elsewhere / "copy" / ".checkpoints").resolve())


@pytest.mark.parametrize("path", ["/scratch/checkpoints", "s3://bucket/checkpoints"])
def test_absolute_paths_and_urls_stay(elsewhere, path):
    assert str(in_project(path)) == path
