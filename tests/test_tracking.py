"""MLflow, with a real store in a temporary folder."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import tracking
from pipeline.config import Tracking
from pipeline.json_file import read_json
from pipeline.models.vae import VAE
from tests import tiny


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """One project, and thereby one store, for all tests: to make a database takes MLflow seconds."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture(autouse=True)
def environment(project, monkeypatch):
    """MLflow itself sets MLFLOW_TRACKING_URI; set and deleted here, it is as before when the test ends."""
    import mlflow

    monkeypatch.setenv("DVC_ROOT", str(project))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "deleted in the next line")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    yield
    mlflow.set_tracking_uri(None)


@pytest.fixture
def config(request) -> Tracking:
    """The default store, an experiment for each test."""
    return Tracking(uri=None, experiment=request.node.name)


@pytest.fixture
def begun(tmp_path) -> Path:
    """Where a training remembers its run."""
    return tmp_path / "checkpoints" / "mlflow_run.json"


def get(config, run_id):
    return tracking.client(config).get_run(run_id)


def runs_of(config) -> list:
    return tracking.client(config).search_runs([tracking.experiment_id(config)])


def test_a_run_has_the_whole_configuration_and_its_tags(config, begun):
    run = get(config, tracking.start_run(config, tiny.variant(), {"data_sha256": "abc"}, begun))
    assert run.data.params["loss.layers"] == "relu1_1" and run.data.params["train.batch_size"] == "8"
    assert run.data.params["loss.reference_rms.relu1_1"] == "50.2" and run.data.params["name"] == "dfc"
    assert run.data.tags["data_sha256"] == "abc" and run.data.tags["git_commit"] == "none"
    assert "dvc_experiment" not in run.data.tags
    assert run.info.run_name == "dfc (VAE-123)" and run.info.status == "RUNNING"
    assert read_json(begun) == {"run_id": run.info.run_id}


def test_the_name_of_dvcs_experiment_is_a_tag(config, begun, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    run = get(config, tracking.start_run(config, tiny.variant(), {}, begun))
    assert run.data.tags["dvc_experiment"] == "puffy-loon"


def test_an_interrupted_run_goes_on(config, begun):
    first = tracking.start_run(config, tiny.variant(), {}, begun)
    with pytest.raises(KeyboardInterrupt), tracking.ended_as_it_ends(config, first):
        raise KeyboardInterrupt
    assert get(config, first).info.status == "KILLED"
    assert tracking.start_run(config, tiny.variant(), {}, begun) == first
    assert get(config, first).info.status == "RUNNING" and len(runs_of(config)) == 1


def test_a_run_ends_as_its_block_ends(config, begun, tmp_path):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    with pytest.raises(ValueError), tracking.ended_as_it_ends(config, run_id):
        raise ValueError
    assert get(config, run_id).info.status == "FAILED"
    with tracking.ended_as_it_ends(config, run_id):
        pass
    assert get(config, run_id).info.status == "FINISHED"


@pytest.mark.parametrize("remembered", ["unknown to the store", "deleted"])
def test_a_run_that_is_gone_is_begun_anew(config, begun, remembered):
    if remembered == "deleted":
        gone = tracking.start_run(config, tiny.variant(), {}, begun)
        tracking.client(config).delete_run(gone)
    else:
        gone = "0" * 32
        tracking.write_run(begun, gone)
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    assert run_id != gone and read_json(begun) == {"run_id": run_id}


def test_rows_are_seen_at_their_steps(config, begun):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    tracking.step_logger(config, run_id)([{"step": 1, "loss": 3.0, "kl": 1.0}, {"step": 2, "loss": 2.0, "kl": 1.5}])
    tracking.step_logger(config, run_id)([{"step": 13, "loss": 1.0, "kl": 2.0}])
    tracking.epoch_logger(config, run_id)({"epoch": 1, "step": 13, "valid_loss": 4.0})
    history = tracking.client(config).get_metric_history
    assert [(metric.step, metric.value) for metric in history(run_id, "step/loss")] == [(1, 3.0), (2, 2.0), (13, 1.0)]
    assert [(metric.step, metric.value) for metric in history(run_id, "epoch/valid_loss")] == [(13, 4.0)]
    assert set(get(config, run_id).data.metrics) == {"step/loss", "step/kl", "epoch/epoch", "epoch/valid_loss"}


def test_more_rows_than_one_request_may_have(config, begun):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    tracking.log_rows(config, run_id, [{"step": step, "a": step / 2, "b": 1.0} for step in range(600)], "step/")
    assert len(tracking.client(config).get_metric_history(run_id, "step/a")) == 600
    assert get(config, run_id).data.metrics["step/a"] == 299.5


def test_loggers_can_be_sent_to_a_worker(config, begun):
    import pickle

    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    pickle.loads(pickle.dumps(tracking.step_logger(config, run_id)))([{"step": 1, "loss": 3.0}])
    assert get(config, run_id).data.metrics == {"step/loss": 3.0}


def test_a_later_stage_adds_metrics_and_files(config, begun, tmp_path, project):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    (tmp_path / "curves.png").write_bytes(b"a picture")
    metrics = {"svm/accuracy": 0.9, "psnr": float("inf"), "ssim": float("nan")}
    assert tracking.add_to_run(config, begun, tiny.variant(), metrics,
                               {"figures": [tmp_path / "curves.png"]}) == run_id
    assert get(config, run_id).data.metrics == {"svm/accuracy": 0.9}
    assert [file.path for file in tracking.client(config).list_artifacts(run_id, "figures")] == ["figures/curves.png"]
    assert [file.read_bytes() for file in (project / "mlartifacts").rglob("curves.png")] == [b"a picture"]


def test_nested_scores_are_named_by_their_path():
    scores = {"svm": {"aligned": {"C": 1.0}}, "reconstruction": None, "samples": {}}
    assert tracking.flat(scores) == {"svm/aligned/C": 1.0}


def test_a_run_of_another_store_gets_one_stand_in(config, begun):
    """Results that were pulled: their run is in somebody else's MLflow."""
    tracking.write_run(begun, "f" * 32)
    stand_in = tracking.add_to_run(config, begun, tiny.variant(), {"a": 1.0})
    assert tracking.add_to_run(config, begun, tiny.variant(), {"b": 2.0}) == stand_in != "f" * 32
    run = get(config, stand_in)
    assert len(runs_of(config)) == 1 and run.data.metrics == {"a": 1.0, "b": 2.0}
    assert run.data.tags["trained_as"] == "f" * 32 and run.data.params["name"] == "dfc"
    tracking.write_run(begun, "e" * 32)
    assert tracking.add_to_run(config, begun, tiny.variant()) != stand_in
    assert read_json(begun) == {"run_id": "e" * 32}  # it is an output of DVC, and stays as it is


def test_the_default_store_lies_in_the_project_and_not_in_dvcs_copy(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    default = Tracking(uri=None, experiment="e")
    assert tracking.store_uri(default) == f"sqlite:///{project.resolve()}/mlflow.db"
    monkeypatch.delenv("DVC_ROOT")
    assert tracking.store_uri(default) == f"sqlite:///{tmp_path.resolve()}/mlflow.db"


def test_the_parameter_wins_over_the_environment_and_that_over_the_default(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    assert tracking.store_uri(Tracking(uri=None, experiment="e")) == "http://tracking:5000"
    assert tracking.store_uri(Tracking(uri="sqlite:////x.db", experiment="e")) == "sqlite:////x.db"


def test_the_environments_store_is_used(config, begun, project, monkeypatch):
    """The default store's own database under another name, as MLflow would need seconds for a new one."""
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/./mlflow.db")
    monkeypatch.setenv("DVC_ROOT", str(begun.parent))
    assert get(config, run_id).info.run_id == run_id
    assert os.listdir(begun.parent) == ["mlflow_run.json"]


def test_a_logged_model_serves_without_this_project(config, begun):
    import mlflow

    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8))
    vae(torch.randn(8, 3, tiny.SIZE, tiny.SIZE))
    vae.eval().requires_grad_(False)
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    tracking.log_model(config, run_id, vae, encodes=True)
    [logged] = tracking.client(config).search_logged_models([tracking.experiment_id(config)])
    assert logged.source_run_id == run_id
    served = mlflow.pyfunc.load_model(logged.model_uri)
    for number in (1, 5):  # the example had two images
        images = np.random.default_rng(0).uniform(-1, 1, (number, 3, tiny.SIZE, tiny.SIZE)).astype(np.float32)
        np.testing.assert_allclose(served.predict(images), vae(torch.from_numpy(images)).numpy(), atol=1e-5)
    assert get(config, run_id).info.status == "FINISHED"  # MLflow's; ended_as_it_ends has the last word
