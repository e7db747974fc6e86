"""Records of results and of the report: written once, and joined by experiments with equal results."""

import math
import re
import time
from pathlib import Path

import pytest

from pipeline.tracking import results, runs
from pipeline.tracking.contents import Contents
from pipeline.tracking.errors import NoAnswer
from pipeline.tracking.results import join_known_results, write_or_join_report, write_or_join_results
from tests import tiny
from tests.tracking.conftest import artifacts, get, runs_of, start_run

VARIANT = tiny.variant()


def contents(picture: Path, accuracy: float = 0.9, words: str = "", **tags) -> Contents:
    picture.write_text(words or f"of {accuracy}")
    return Contents({"svm/accuracy": accuracy}, {"name": "dfc", "seed": accuracy}, {"figures": [picture]},
                    {"device": "a laptop", **tags})


def whole(config, run_id) -> dict:
    """Return all that a run has, except its tags."""
    run = get(config, run_id)
    return {"info": dict(run.info), "params": run.data.params, "metrics": run.data.metrics,
            "figures": artifacts(config, run_id, "figures")}


def results_of(config) -> list:
    return [run for run in runs_of(config) if run.data.tags["kind"] == "results"]


def test_a_record_has_all_that_was_computed(config, tmp_path):
    training = start_run(config)
    record = write_or_join_results(config, VARIANT, "key", training, contents(tmp_path / "curves.png", workers=2))
    run = get(config, record)
    assert run.info.status == "FINISHED" and run.info.run_name == "none: dfc, results"
    assert run.data.metrics == {"svm/accuracy": 0.9} and run.data.params == {"name": "dfc", "seed": "0.9"}
    assert artifacts(config, record, "figures") == ["figures/curves.png"]
    assert run.data.tags.items() >= {
        "kind": "results", "results": "key", "variant": "dfc", "label": "VAE-123", "training_run": training,
        "device": "a laptop", "workers": "2", "experiment": "none", "experiment.none": "made it"}.items()


def test_a_record_is_written_once_and_joined_by_other_experiments(config, tmp_path, monkeypatch):
    picture, training = tmp_path / "curves.png", start_run(config)
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    record = write_or_join_results(config, VARIANT, "key", training, contents(picture))
    before, tags = whole(config, record), get(config, record).data.tags
    time.sleep(0.01)
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    for _ in range(2):
        assert write_or_join_results(config, VARIANT, "key", start_run(config, "b" * 32),
                             contents(picture, words="others", device="another", more=1)) == record
        assert whole(config, record) == before
        assert get(config, record).data.tags == tags | {"experiment.wordy-colt": "took it over"}
    uploaded = Path(get(config, record).info.artifact_uri.removeprefix("file://")) / "figures/curves.png"
    assert uploaded.read_text() == "of 0.9"
    assert len(results_of(config)) == 1


def test_other_numbers_under_the_same_key_have_a_record_of_their_own(config, tmp_path, monkeypatch):
    """Another machine may round differently."""
    first = write_or_join_results(config, VARIANT, "key", start_run(config), contents(tmp_path / "a.png"))
    before = whole(config, first)
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    training = start_run(config, "b" * 32)
    second = write_or_join_results(config, VARIANT, "key", training, contents(tmp_path / "a.png", 0.5))
    assert second != first and whole(config, first) == before
    assert "experiment.wordy-colt" not in get(config, first).data.tags
    run = get(config, second)
    assert run.data.metrics == {"svm/accuracy": 0.5} and run.info.status == "FINISHED"
    assert re.fullmatch("key-[0-9a-f]{16}", run.data.tags["results"])
    assert get(config, training).data.tags[results.RESULTS_RUN] == second
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    for accuracy, record in ((0.5, second), (0.9, first)):  # each is joined by those that have the same
        assert write_or_join_results(config, VARIANT, "key", training, contents(tmp_path / "a.png", accuracy)) == record
        assert get(config, record).data.tags["experiment.puffy-loon"] == "took it over"
    assert len(results_of(config)) == 2


def test_a_number_that_is_not_finite_makes_no_other_record(config, tmp_path):
    made = contents(tmp_path / "a.png")._replace(metrics={"psnr": math.inf, "ssim": math.nan, "svm": 1})
    records = {write_or_join_results(config, VARIANT, "key", start_run(config), made) for _ in range(2)}
    assert len(records) == len(results_of(config)) == 1


def test_other_results_have_a_record_of_their_own(config, tmp_path):
    training = start_run(config)
    first, second = (write_or_join_results(config, VARIANT, key, training, contents(tmp_path / "a.png", accuracy))
                     for key, accuracy in (("key", 0.9), ("another", 0.5)))
    assert first != second
    assert [get(config, record).data.metrics for record in (first, second)] == [
        {"svm/accuracy": 0.9}, {"svm/accuracy": 0.5}]


def cut_off(config, tmp_path, monkeypatch, training: str) -> None:
    """Write a record, and be killed before its pictures."""
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(results.runs, "upload_files", killed)
        write_or_join_results(config, VARIANT, "key", training, contents(tmp_path / "curves.png"))


def test_a_record_that_was_cut_off_is_completed(config, tmp_path, monkeypatch):
    training = start_run(config)
    cut_off(config, tmp_path, monkeypatch, training)
    begun_record = runs.find_run(config, "results", "key")
    assert begun_record.info.status == "RUNNING"
    record = write_or_join_results(config, VARIANT, "key", training, contents(tmp_path / "curves.png"))
    assert record == begun_record.info.run_id and get(config, record).info.status == "FINISHED"
    assert whole(config, record)["figures"] == ["figures/curves.png"]
    assert get(config, record).data.metrics == get(config, training).data.metrics == {"svm/accuracy": 0.9}


def test_a_trainings_run_gets_the_scores_once(config, tmp_path):
    training = start_run(config)
    record = write_or_join_results(config, VARIANT, "key", training, contents(tmp_path / "a.png"))
    write_or_join_results(config, VARIANT, "another", training, contents(tmp_path / "a.png", 0.5))
    run = get(config, training)
    assert run.data.metrics == {"svm/accuracy": 0.9} and run.data.tags[results.RESULTS_RUN] == record
    assert run.info.status == "RUNNING"


def test_a_trainings_own_numbers_are_not_copied_to_it(config, tmp_path):
    """A training's run has them by itself. One that went on from another's checkpoint may have other numbers."""
    training = start_run(config)
    made = contents(tmp_path / "a.png")._replace(metrics={"svm/accuracy": 0.9, "train/loss": 0.3})
    record = write_or_join_results(config, VARIANT, "key", training, made)
    assert get(config, record).data.metrics == {"svm/accuracy": 0.9, "train/loss": 0.3}
    assert get(config, training).data.metrics == {"svm/accuracy": 0.9}


def test_scores_whose_copying_was_cut_off_are_copied_again_from_the_same_record(config, tmp_path, monkeypatch):
    training = start_run(config)

    def killed(*arguments):
        raise KeyboardInterrupt

    record = write_or_join_results(config, VARIANT, "key", start_run(config, "b" * 32), contents(tmp_path / "a.png"))
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(results.runs, "add_metrics", killed)
        join_known_results(config, "key", training)
    assert get(config, training).data.tags[results.RESULTS_RUN] == record
    write_or_join_results(config, VARIANT, "another", training, contents(tmp_path / "a.png", 0.5))
    assert get(config, training).data.metrics == {}
    assert join_known_results(config, "key", training)
    assert get(config, training).data.metrics == {"svm/accuracy": 0.9}


def test_a_training_whose_results_are_known_joins_them(config, tmp_path, monkeypatch):
    """If training again gives equal weights, DVC runs no later stage."""
    record = write_or_join_results(config, VARIANT, "key", start_run(config), contents(tmp_path / "a.png"))
    before = whole(config, record)
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    again = start_run(config, "b" * 32)
    assert join_known_results(config, "key", again)
    run = get(config, again)
    assert run.data.metrics == {"svm/accuracy": 0.9} and run.data.tags[results.RESULTS_RUN] == record
    assert get(config, record).data.tags["experiment.wordy-colt"] == "took it over"
    assert whole(config, record) == before


def test_unknown_and_unfinished_results_are_not_joined(config, tmp_path, monkeypatch):
    training = start_run(config)
    assert not join_known_results(config, "key", training)
    cut_off(config, tmp_path, monkeypatch, training)
    assert not join_known_results(config, "key", training)
    assert get(config, training).data.metrics == {} and results.RESULTS_RUN not in get(config, training).data.tags


def test_the_report_is_written_once(config, tmp_path, monkeypatch):
    record = write_or_join_report(config, "key", contents(tmp_path / "a.png"))
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    assert write_or_join_report(config, "key", contents(tmp_path / "a.png", words="others")) == record
    others = {write_or_join_report(config, key, contents(tmp_path / "a.png", 0.5)) for key in ("key", "another")}
    assert len(others - {record}) == 2
    run = get(config, record)
    assert run.info.run_name == "none: report" and run.info.status == "FINISHED"
    assert run.data.metrics == {"svm/accuracy": 0.9} and run.data.params["seed"] == "0.9"
    assert run.data.tags.items() >= {"kind": "report", "report": "key", "experiment.none": "made it",
                                     "experiment.wordy-colt": "took it over"}.items()
    assert runs.find_run(config, "results", "key") is None and len(runs_of(config)) == 3


def test_a_server_that_is_away_is_one_sentence(config, tmp_path):
    away = config.model_copy(update={"uri": "http://127.0.0.1:9"})
    with pytest.raises(NoAnswer, match="has not answered"):
        write_or_join_results(away, VARIANT, "key", "0" * 32, contents(tmp_path / "a.png"))


def test_names_of_metrics_that_mlflow_does_not_take_are_changed(config, tmp_path):
    """The report adds the name in brackets where two variants have one label."""
    metrics = {"view_gains/accuracy/+ VAE-345 (dfc_345)": 0.9}
    for _ in range(2):
        record = write_or_join_report(config, "key", Contents(metrics, {}, {}, {}))
    assert get(config, record).data.metrics == {"view_gains/accuracy/_ VAE-345 _dfc_345_": 0.9}
    assert len(runs_of(config)) == 1
