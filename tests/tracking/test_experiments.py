"""The name of DVC's experiment, and what Git says of a run's source."""

import subprocess
from pathlib import Path

import pytest

from pipeline.tracking import experiments, store
from pipeline.tracking.errors import Refused
from pipeline.workspace import git
from tests.tracking.conftest import start_run


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """Create a project in Git with a commit. It is not the current folder, as in DVC's copies."""
    project, copy = tmp_path / "project", tmp_path / "copy"
    copy.mkdir()
    for name in ("params.yaml", "pipeline/code.py", "metrics/report.json"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("{}\n")
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("DVC_ROOT", str(project))
    return project


def test_git_is_asked_once_in_a_process(repository, monkeypatch):
    name = experiments.experiment_name()
    (repository / "params.yaml").write_text("seed: 1\n")
    assert experiments.experiment_name() == name
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    assert experiments.experiment_name() == "puffy-loon"


def head(repository: Path) -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True,
                          text=True).stdout.strip()


def test_dvc_names_an_experiment(repository, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "c0ffee" * 6)
    (repository / "params.yaml").write_text("seed: 1\n")
    assert experiments.experiment_name() == "puffy-loon" and experiments.experiment_tag() == "experiment.puffy-loon"
    assert experiments.source_tags() == {"git_commit": "c0ffee" * 6, "experiment": "puffy-loon"}


def test_outside_of_an_experiment_the_commit_names_it(repository):
    assert experiments.experiment_name() == head(repository)[:7]
    assert experiments.source_tags() == {"git_commit": head(repository), "experiment": head(repository)[:7]}
    (repository / "metrics/report.json").write_text("results")
    experiments.commit_name.cache_clear()
    assert experiments.experiment_name() == head(repository)[:7]


@pytest.mark.parametrize("name", ["params.yaml", "pipeline/code.py", "stages/mine.py"])
def test_the_name_says_that_parameters_or_code_are_not_committed(repository, name):
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("another\n")
    assert experiments.experiment_name() == f"{head(repository)[:7]}-changed"
    assert git.commit() == head(repository)


@pytest.mark.parametrize(("changed", "name"), [("", "c0ffeec"), ("yes", "c0ffeec-changed")])
def test_a_job_names_the_commit_of_its_checkout(repository, monkeypatch, changed, name):
    """A job creates its own repository from the files that it was given, so GIT_CHANGED says what its checkout was."""
    monkeypatch.setenv("GIT_COMMIT", "c0ffee" * 6)
    monkeypatch.setenv("GIT_CHANGED", changed)
    (repository / "params.yaml").write_text("seed: 1\n")
    assert git.is_changed() == bool(changed)
    assert experiments.source_tags() == {"git_commit": "c0ffee" * 6, "experiment": name}


def test_outside_of_a_job_git_says_whether_the_checkout_is_changed(repository, monkeypatch):
    monkeypatch.setenv("GIT_CHANGED", "yes")
    assert not git.is_changed()
    (repository / "params.yaml").write_text("seed: 1\n")
    assert git.is_changed()


def test_without_git_there_is_no_commit():
    assert experiments.source_tags() == {"git_commit": "none", "experiment": "none"}


def test_an_experiment_that_was_deleted_is_named(config):
    store.client(config).delete_experiment(experiments.find_or_create_mlflow_experiment(config))
    with pytest.raises(Refused, match=f"experiment {config.experiment} was deleted .* restore it .* or set "):
        start_run(config)
