"""What all runs in MLflow have: an identity, parameters, metrics, tags, files, and the experiments that share them."""

import time

from pipeline.tracking import experiments, runs, store
from tests.tracking.conftest import artifacts, get, history, lose_answers, runs_of


def create_run(config, identity: str = "one", kind: runs.Kind = "results"):
    return runs.find_or_create_run(config, kind, identity, "a name", {"variant": "dfc"})


def test_a_run_is_found_again_by_its_identity(config):
    assert runs.find_run(config, "results", "one") is None
    run = create_run(config)
    assert run.info.run_name == "none: a name" and run.info.status == "RUNNING"
    assert run.data.tags.items() >= {
        "variant": "dfc", "kind": "results", "results": "one", "git_commit": "none", "experiment": "none",
        "experiment.none": "made it"}.items()
    assert create_run(config).info.run_id == runs.find_run(config, "results", "one").info.run_id == run.info.run_id
    others = {create_run(config, "another").info.run_id, create_run(config, kind="training").info.run_id}
    assert len(others | {run.info.run_id}) == len(runs_of(config)) == 3


def test_of_two_runs_that_were_created_at_once_the_first_is_found(config):
    connection, experiment = store.client(config), experiments.find_or_create_mlflow_experiment(config)
    first, _ = (connection.create_run(experiment, start_time=time, tags={"results": "one"}).info.run_id
                for time in (1000, 2000))
    assert create_run(config).info.run_id == runs.find_run(config, "results", "one").info.run_id == first


def test_a_run_that_was_deleted_is_not_found(config):
    gone = create_run(config).info.run_id
    store.client(config).delete_run(gone)
    assert runs.find_run(config, "results", "one") is None and create_run(config).info.run_id != gone


def test_a_run_whose_creation_lost_its_answer_is_not_created_again(config, monkeypatch):
    waits = config.model_copy(update={"patience": 5})
    lose_answers(monkeypatch, "create_experiment", "create_run", "log_batch")
    run = create_run(waits)
    runs.add_parameters(waits, run, {"name": "dfc"})
    assert [found.info.run_id for found in runs_of(config)] == [run.info.run_id]
    assert runs_of(config)[0].data.params == {"name": "dfc"}


def test_more_parameters_than_one_request_may_have(config):
    run, wanted = create_run(config), {f"loss.extra.{number}": number for number in range(250)}
    runs.add_parameters(config, run, dict(list(wanted.items())[:30]))
    for _ in range(2):  # those that it has are not sent
        runs.add_parameters(config, get(config, run.info.run_id), wanted | {"loss.extra.7": "another"})
        assert get(config, run.info.run_id).data.params == {name: str(value) for name, value in wanted.items()}


def test_lists_are_joined_by_commas(config):
    run = create_run(config)
    runs.add_parameters(config, run, {"layers": ["relu1_1", "relu2_1"], "channels": [4, 8], "none": []})
    assert get(config, run.info.run_id).data.params == {"layers": "relu1_1,relu2_1", "channels": "4,8", "none": ""}


def test_metrics_are_logged_once_and_only_if_they_are_finite(config):
    run = create_run(config)
    for _ in range(2):
        runs.add_metrics(config, get(config, run.info.run_id),
                         {"svm/accuracy": 0.9, "psnr": float("inf"), "ssim": float("nan")})
    assert get(config, run.info.run_id).data.metrics == {"svm/accuracy": 0.9}
    assert history(config, run.info.run_id, "svm/accuracy") == [(0, 0.9)]


def test_more_metrics_than_one_request_may_have(config):
    run, wanted = create_run(config), {f"svm/{number}": float(number) for number in range(1200)}
    runs.add_metrics(config, run, wanted)
    assert get(config, run.info.run_id).data.metrics == wanted


def test_tags_and_files_are_added(config, tmp_path, mlflow_project):
    run = create_run(config)
    (tmp_path / "curves.png").write_bytes(b"a picture")
    runs.add_tags(config, run, {"workers": 2})
    runs.upload_files(config, run, {"figures": [tmp_path / "curves.png"], "nothing": []})
    assert get(config, run.info.run_id).data.tags["workers"] == "2"
    assert artifacts(config, run.info.run_id, "figures") == ["figures/curves.png"]
    uploaded = mlflow_project / "mlartifacts" / run.info.run_id / "artifacts/figures/curves.png"
    assert uploaded.read_bytes() == b"a picture"


def test_a_result_that_cannot_be_written_is_uploaded_as_a_file_that_can_be_replaced(config, tmp_path, mlflow_project):
    """DVC makes results read-only. Root may write all the same, so the mode is what is looked at."""
    run = create_run(config)
    (tmp_path / "curves.png").write_bytes(b"a picture")
    (tmp_path / "curves.png").chmod(0o444)
    for _ in range(2):  # as where the answer to the first upload was lost
        runs.upload_files(config, run, {"figures": [tmp_path / "curves.png"]})
    uploaded = mlflow_project / "mlartifacts" / run.info.run_id / "artifacts/figures/curves.png"
    assert uploaded.read_bytes() == b"a picture" and uploaded.stat().st_mode & 0o200


def test_a_finished_run_keeps_its_end_time(config):
    run = create_run(config)
    runs.mark_finished(config, run)
    ended = get(config, run.info.run_id)
    assert ended.info.status == "FINISHED"
    time.sleep(0.01)
    runs.mark_finished(config, ended)
    assert get(config, run.info.run_id).info.end_time == ended.info.end_time


def test_nested_scores_are_named_by_their_path():
    scores = {"svm": {"aligned": {"C": 1.0}}, "reconstruction": None, "samples": {}}
    assert runs.flatten(scores) == {"svm/aligned/C": 1.0} and runs.flatten(scores, ".") == {"svm.aligned.C": 1.0}


def test_another_experiment_joins_a_run(config, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    run = create_run(config)
    runs.add_to_experiment(config, run)
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    for _ in range(2):
        runs.add_to_experiment(config, create_run(config))
    tags = get(config, run.info.run_id).data.tags
    assert {name: value for name, value in tags.items() if name.startswith("experiment")} == {
        "experiment": "puffy-loon", "experiment.puffy-loon": "made it", "experiment.wordy-colt": "took it over"}


def test_an_experiment_may_have_a_name_that_mlflow_does_not_take_in_a_tag(config, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "lr=0.1 (b)")
    run = create_run(config)
    runs.add_to_experiment(config, run)
    tags = get(config, run.info.run_id).data.tags
    assert tags["experiment"] == "lr=0.1 (b)" and tags["experiment.lr_0.1 _b_"] == "made it"
    monkeypatch.setenv("DVC_EXP_NAME", "grün/a-b:c")
    runs.add_to_experiment(config, create_run(config))
    assert get(config, run.info.run_id).data.tags["experiment.grün/a-b:c"] == "took it over"


def test_a_run_of_what_has_begun_before_counts_that_time(config):
    run = runs.find_or_create_run(config, "training", "one", "a name", {}, time.time() - 100)
    runs.mark_finished(config, run)
    info = get(config, run.info.run_id).info
    assert 100_000 <= info.end_time - info.start_time < 400_000
