"""What Git says of the checkout."""

import pytest

from pipeline.errors import InputError
from pipeline.workspace import git


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder that is no checkout."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in ("GIT_COMMIT", "GIT_CHANGED", "DVC_EXP_BASELINE_REV", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")


def test_outside_of_a_checkout_there_is_no_commit_and_nothing_is_changed(outside):
    assert git.commit() == "none" and not git.is_changed()
    with pytest.raises(InputError, match="`git rev-parse` fails in .*folder .*; run this in a checkout of the project"):
        git.output("rev-parse", "HEAD")


def test_in_a_job_variables_name_the_commit_and_say_whether_it_is_changed(outside, monkeypatch):
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "b" * 40)
    assert git.commit() == "b" * 40
    monkeypatch.setenv("GIT_COMMIT", "a" * 40)
    assert git.commit() == "a" * 40 and not git.is_changed()
    monkeypatch.setenv("GIT_CHANGED", "yes")
    assert git.is_changed()
