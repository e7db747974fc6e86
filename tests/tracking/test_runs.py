"""What all runs in MLflow have: an identity, parameters, metrics, tags and files, and the experiments of which they
are."""

import subprocess
import time
from pathlib import Path

import pytest

from pipeline.tracking import runs, store
from tests.tracking.conftest import answers_lost, artifacts, get, history, runs_of


def created(config, identity: str = "one", kind: runs.Kind = "results"):
    return runs.found_or_created(config, kind, identity, "a name", {"variant": "dfc"})


def test_a_run_is_found_again_by_its_identity(config):
    assert runs.found(config, "results", "one") is None
    run = created(config)
    assert run.info.run_name == "none: a name" and run.info.status == "RUNNING"
    assert run.data.tags.items() >= {
        "variant": "dfc", "kind": "results", "results": "one", "git_commit": "none", "experiment": "none",
        "experiment.none": "made it"}.items()
    assert created(config).info.run_id == runs.found(config, "results", "one").info.run_id == run.info.run_id
    others = {created(config, "another").info.run_id, created(config, kind="training").info.run_id}
    assert len(others | {run.info.run_id}) == len(runs_of(config)) == 3


def test_of_two_that_were_created_at_once_it_is_the_first(config):
    connection, experiment = store.client(config), store.experiment_id(config)
    first, _ = (connection.create_run(experiment, start_time=time, tags={"results": "one"}).info.run_id
                for time in (1000, 2000))
    assert created(config).info.run_id == runs.found(config, "results", "one").info.run_id == first


def test_a_run_that_was_deleted_is_not_found(config):
    gone = created(config).info.run_id
    store.client(config).delete_run(gone)
    assert runs.found(config, "results", "one") is None and created(config).info.run_id != gone


def test_a_run_whose_creation_was_not_answered_is_not_created_again(config, monkeypatch):
    waits = config.model_copy(update={"patience": 5})
    answers_lost(monkeypatch, "create_experiment", "create_run", "log_batch")
    run = created(waits)
    runs.add_parameters(waits, run, {"name": "dfc"})
    assert [found.info.run_id for found in runs_of(config)] == [run.info.run_id]
    assert runs_of(config)[0].data.params == {"name": "dfc"}


def test_more_parameters_than_one_request_may_have(config):
    run, wanted = created(config), {f"loss.extra.{number}": number for number in range(250)}
    runs.add_parameters(config, run, dict(list(wanted.items())[:30]))
    for _ in range(2):  # those that it has are not sent
        runs.add_parameters(config, get(config, run.info.run_id), wanted | {"loss.extra.7": "another"})
        assert get(config, run.info.run_id).data.params == {name: str(value) for name, value in wanted.items()}


def test_lists_are_parameters_too(config):
    run = created(config)
    runs.add_parameters(config, run, {"layers": ["relu1_1", "relu2_1"], "channels": [4, 8], "none": []})
    assert get(config, run.info.run_id).data.params == {"layers": "relu1_1,relu2_1", "channels": "4,8", "none": ""}


def test_metrics_are_there_once_and_those_without_a_value_are_not(config):
    run = created(config)
    for _ in range(2):
        runs.add_metrics(config, get(config, run.info.run_id),
                         {"svm/accuracy": 0.9, "psnr": float("inf"), "ssim": float("nan")})
    assert get(config, run.info.run_id).data.metrics == {"svm/accuracy": 0.9}
    assert history(config, run.info.run_id, "svm/accuracy") == [(0, 0.9)]


def test_more_metrics_than_one_request_may_have(config):
    run, wanted = created(config), {f"svm/{number}": float(number) for number in range(1200)}
    runs.add_metrics(config, run, wanted)
    assert get(config, run.info.run_id).data.metrics == wanted


def test_tags_and_files_are_added(config, tmp_path, mlflow_project):
    run = created(config)
    (tmp_path / "curves.png").write_bytes(b"a picture")
    runs.add_tags(config, run, {"workers": 2})
    runs.upload_files(config, run, {"figures": [tmp_path / "curves.png"], "nothing": []})
    assert get(config, run.info.run_id).data.tags["workers"] == "2"
    assert artifacts(config, run.info.run_id, "figures") == ["figures/curves.png"]
    uploaded = mlflow_project / "mlartifacts" / run.info.run_id / "artifacts/figures/curves.png"
    assert uploaded.read_bytes() == b"a picture"


def test_a_run_that_is_finished_stays_so(config):
    run = created(config)
    runs.finish(config, run)
    ended = get(config, run.info.run_id)
    assert ended.info.status == "FINISHED"
    time.sleep(0.01)
    runs.finish(config, ended)
    assert get(config, run.info.run_id).info.end_time == ended.info.end_time


def test_nested_scores_are_named_by_their_path():
    scores = {"svm": {"aligned": {"C": 1.0}}, "reconstruction": None, "samples": {}}
    assert runs.flat(scores) == {"svm/aligned/C": 1.0} and runs.flat(scores, ".") == {"svm.aligned.C": 1.0}


# Experiments.


def test_another_experiment_takes_a_run_over(config, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    run = created(config)
    runs.add_to_experiment(config, run)
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    for _ in range(2):
        runs.add_to_experiment(config, created(config))
    tags = get(config, run.info.run_id).data.tags
    assert {name: value for name, value in tags.items() if name.startswith("experiment")} == {
        "experiment": "puffy-loon", "experiment.puffy-loon": "made it", "experiment.wordy-colt": "took it over"}


def test_an_experiment_may_have_a_name_that_mlflow_does_not_take_for_a_tag(config, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "lr=0.1 (b)")
    run = created(config)
    runs.add_to_experiment(config, run)
    tags = get(config, run.info.run_id).data.tags
    assert tags["experiment"] == "lr=0.1 (b)" and tags["experiment.lr_0.1 _b_"] == "made it"
    monkeypatch.setenv("DVC_EXP_NAME", "grün/a-b:c")
    runs.add_to_experiment(config, created(config))
    assert get(config, run.info.run_id).data.tags["experiment.grün/a-b:c"] == "took it over"


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A project in Git with a commit. It is not the current folder, as in DVC's copies."""
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


def head(repository: Path) -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True,
                          text=True).stdout.strip()


def test_dvc_names_an_experiment(repository, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "c0ffee" * 6)
    (repository / "params.yaml").write_text("seed: 1\n")
    assert runs.experiment_name() == "puffy-loon" and runs.membership() == "experiment.puffy-loon"
    assert runs.source_tags() == {"git_commit": "c0ffee" * 6, "experiment": "puffy-loon"}


def test_outside_of_an_experiment_the_commit_is_its_name(repository):
    assert runs.experiment_name() == head(repository)[:7]
    assert runs.source_tags() == {"git_commit": head(repository), "experiment": head(repository)[:7]}
    (repository / "metrics/report.json").write_text("results")
    assert runs.experiment_name() == head(repository)[:7]


@pytest.mark.parametrize("name", ["params.yaml", "pipeline/code.py", "stages/mine.py"])
def test_parameters_or_code_that_are_not_committed_are_told(repository, name):
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("another\n")
    assert runs.experiment_name() == f"{head(repository)[:7]}-changed"
    assert runs.commit() == head(repository)


@pytest.mark.parametrize(("changed", "name"), [("", "c0ffeec"), ("yes", "c0ffeec-changed")])
def test_a_job_names_the_commit_of_its_checkout(repository, monkeypatch, changed, name):
    """Its own repository is made anew, of the files that it was given. So its checkout says whether it was changed."""
    monkeypatch.setenv("GIT_COMMIT", "c0ffee" * 6)
    monkeypatch.setenv("GIT_CHANGED", changed)
    (repository / "params.yaml").write_text("seed: 1\n")
    assert runs.is_changed() == bool(changed)
    assert runs.source_tags() == {"git_commit": "c0ffee" * 6, "experiment": name}


def test_outside_of_a_job_git_says_whether_the_checkout_is_changed(repository, monkeypatch):
    monkeypatch.setenv("GIT_CHANGED", "yes")
    assert not runs.is_changed()
    (repository / "params.yaml").write_text("seed: 1\n")
    assert runs.is_changed()


def test_without_git_there_is_no_commit():
    assert runs.source_tags() == {"git_commit": "none", "experiment": "none"}
