"""Data sets in MLflow: inputs of runs, and by which of them a number was measured."""

import json
from pathlib import Path

import pytest

from pipeline.files.json_file import write_json
from pipeline.tracking import runs, training_run
from pipeline.tracking.contents import Contents
from pipeline.tracking.datasets import datasets, log_datasets, measured_on
from pipeline.tracking.results import write_or_join_report
from tests import tiny
from tests.tracking.conftest import TRAINING, get, start_run

PARAMETERS = {"name": "dfc", "data.source": "celeba", "data.root": "/faces"}


@pytest.fixture
def shards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_json(Path("data/shards/view=aligned/_manifest.json"), {
        "source": "CelebA", "image_size": 32, "images": {"train": 8, "valid": 0, "test": 4}, "sha256": "ab" * 32})


def inputs_of(config, run_id) -> dict[str, str]:
    """Return the contexts of a run's data sets, by name and digest as MLflow shows them."""
    return {f"{known.dataset.name} ({known.dataset.digest})": known.tags[0].value
            for known in get(config, run_id).inputs.dataset_inputs}


def test_splits_with_images_are_data_sets(shards):
    found = datasets(PARAMETERS)
    assert list(found) == ["train", "test"] and found["test"][:5] == ("celeba-test", "ab" * 4, "test", 4, 32)
    assert found["test"].source == {"uri": "data/shards/view=aligned", "sha256": "ab" * 32, "data.source": "celeba",
                                    "data.root": "/faces"}


def test_without_shards_there_are_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert datasets(PARAMETERS) == {}


def test_a_training_has_what_it_saw_once_also_when_it_is_resumed(config, shards):
    for _ in range(2):
        run_id = training_run.start_or_resume_run(config, tiny.variant(), TRAINING, PARAMETERS, {})
    assert inputs_of(config, run_id) == {f"celeba-train ({'ab' * 4})": "training"}
    [given] = get(config, run_id).inputs.dataset_inputs
    assert json.loads(given.dataset.profile) == {"num_rows": 8, "num_elements": 8 * 3 * 32 * 32}
    import mlflow

    assert mlflow.data.get_source(given).uri == "data/shards/view=aligned"


def test_a_run_that_has_some_gets_the_others(config, shards):
    found, run = datasets(PARAMETERS), runs.find_or_create_run(config, "results", "key", "a name", {})
    log_datasets(config, run, {"test": found["test"]})
    log_datasets(config, get(config, run.info.run_id), found)
    assert inputs_of(config, run.info.run_id) == {
        f"celeba-train ({'ab' * 4})": "training", f"celeba-test ({'ab' * 4})": "test"}


def test_the_report_has_all(config, shards):
    record = write_or_join_report(config, "key", Contents({"accuracy": 1.0}, {}, {}, {}, datasets(PARAMETERS)))
    assert sorted(inputs_of(config, record).values()) == ["test", "training"]


@pytest.mark.parametrize(("metric", "split"), [
    ("svm/aligned/accuracy", "test"), ("svm/aligned/valid_accuracy", "valid"), ("reconstruction/psnr", "test"),
    ("svm/aligned/C", "valid"), ("posterior/kl", "valid"), ("train/loss", "train"), ("train/valid_loss", "valid"),
    ("train/active_units", "valid"), ("train/seconds", None), ("samples/prior/kid", "valid"),
    ("vector_correlation/correlation", "train")])
def test_each_number_is_of_the_split_by_which_it_was_measured(metric, split):
    assert measured_on(metric, reference="valid") == split


def test_the_columns_source_version_and_user_are_filled(config, monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("GIT_COMMIT", "c0ffee" * 6)
    tags = get(config, start_run(config)).data.tags
    assert tags.items() >= {"mlflow.source.name": "stages/train.py", "mlflow.source.type": "LOCAL",
                            "mlflow.source.git.commit": "c0ffee" * 6, "mlflow.user": "ada"}.items()
    assert runs.find_or_create_run(config, "report", "key", "report", {}).data.tags[
        "mlflow.source.name"] == "stages/track.py"
