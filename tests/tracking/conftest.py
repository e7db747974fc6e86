"""MLflow, with a real store in a temporary folder."""

import pytest
import requests

from pipeline.tracking import store, training_run
from tests import tiny

AWAY = "http://127.0.0.1:9"  # nothing answers there
TRAINING = "a" * 32          # the name of a training


@pytest.fixture(autouse=True)
def environment(config):
    """That of `config`, for every test."""


def get(config, run_id):
    return store.client(config).get_run(run_id)


def runs_of(config) -> list:
    return store.client(config).search_runs([store.experiment_id(config)])


def history(config, run_id, name) -> list[tuple[int, float]]:
    """A metric's steps and values."""
    return sorted((metric.step, metric.value) for metric in store.client(config).get_metric_history(run_id, name))


def artifacts(config, run_id, folder) -> list[str]:
    return [file.path for file in store.client(config).list_artifacts(run_id, folder)]


def begun(config, training: str = TRAINING) -> str:
    """MLflow's id of a training's run that has just begun."""
    return training_run.start(config, tiny.variant(), training, {"name": "dfc"}, {})


def answers_lost(monkeypatch, *names: str) -> None:
    """The first call of each of these methods of MLflow's client is carried out, but its answer never arrives."""
    from mlflow import MlflowClient

    def once(name, original):
        def lost(*arguments, **options):
            original(*arguments, **options)
            monkeypatch.setattr(MlflowClient, name, original)
            raise requests.ConnectionError

        monkeypatch.setattr(MlflowClient, name, lost)

    for name in names:
        once(name, getattr(MlflowClient, name))
