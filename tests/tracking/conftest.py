"""MLflow with a real store in a temporary folder, and what tests ask it."""

import base64

import pytest
import requests

from pipeline.tracking import experiments, store, training_run
from tests import tiny

AWAY = "http://127.0.0.1:9"  # nothing answers there
PNG = base64.b64decode(      # one black pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
TRAINING = "a" * 32          # the name of a training


@pytest.fixture(autouse=True)
def environment(config):
    """Use the environment of `config` in every test."""


def get(config, run_id):
    return store.client(config).get_run(run_id)


def runs_of(config) -> list:
    return store.client(config).search_runs([experiments.find_or_create_mlflow_experiment(config)])


def steps(first: int, last: int) -> list[dict[str, float]]:
    """Return rows of steps, as training logs them."""
    return [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(first, last + 1)]


def history(config, run_id, name) -> list[tuple[int, float]]:
    """Return a metric's steps and values, sorted."""
    return sorted((metric.step, metric.value) for metric in store.client(config).get_metric_history(run_id, name))


def artifacts(config, run_id, folder) -> list[str]:
    return [file.path for file in store.client(config).list_artifacts(run_id, folder)]


def start_run(config, training: str = TRAINING) -> str:
    """Start a training's run, and return MLflow's id of it."""
    return training_run.start_or_resume_run(config, tiny.variant(), training, {"name": "dfc"}, {})


def lose_answers(monkeypatch, *names: str) -> None:
    """Carry out the first call of each of these methods of MLflow's client, but lose its answer."""
    from mlflow import MlflowClient

    def lose_first(name, original):
        answers = []

        def call(*arguments, **options):
            answers.append(original(*arguments, **options))
            if len(answers) == 1:
                raise requests.ConnectionError
            return answers.pop()

        monkeypatch.setattr(MlflowClient, name, call)

    for name in names:
        lose_first(name, getattr(MlflowClient, name))
