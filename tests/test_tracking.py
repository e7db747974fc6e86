"""MLflow, with a real store in a temporary folder."""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import requests
import torch

from pipeline import tracking
from pipeline.config import NO_FILE, Tracking
from pipeline.errors import InputError
from pipeline.json_file import read_json, write_json
from pipeline.models.architectures.vae import VAE
from pipeline.models.trained import example, save_weights
from pipeline.records import machine, write_record
from pipeline.storage import Folder
from stages import track
from tests import tiny

AWAY = "http://127.0.0.1:9"  # nothing answers there


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
    for name in ("DVC_EXP_NAME", "GIT_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tracking, "RETRY_SECONDS", 0.1)
    yield
    mlflow.set_tracking_uri(None)


@pytest.fixture
def config(request) -> Tracking:
    """The default store, an experiment for each test."""
    return Tracking(uri=None, experiment=request.node.name, patience=0)


@pytest.fixture
def begun(tmp_path) -> Path:
    """The folder in which a training remembers its run."""
    return tmp_path / "checkpoints"


def get(config, run_id):
    return tracking.client(config).get_run(run_id)


def runs_of(config) -> list:
    return tracking.client(config).search_runs([tracking.experiment_id(config)])


def history(config, run_id, name) -> list[tuple[int, float]]:
    """A metric's steps and values."""
    return sorted((metric.step, metric.value) for metric in tracking.client(config).get_metric_history(run_id, name))


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


def test_a_run_has_the_whole_configuration_and_its_tags(config, begun):
    run = get(config, tracking.start_run(config, tiny.variant(), {"data_sha256": "abc"}, begun))
    assert run.data.params["loss.layers"] == "relu1_1" and run.data.params["train.batch_size"] == "8"
    assert run.data.params["loss.reference_rms.relu1_1"] == "50.2" and run.data.params["name"] == "dfc"
    assert run.data.tags["data_sha256"] == "abc" and run.data.tags["git_commit"] == "none"
    assert "dvc_experiment" not in run.data.tags
    assert run.info.run_name == "dfc (VAE-123)" and run.info.status == "RUNNING"
    assert read_json(begun / tracking.RUN) == {"run_id": run.info.run_id}


def test_the_name_of_dvcs_experiment_is_a_tag(config, begun, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    run = get(config, tracking.start_run(config, tiny.variant(), {}, begun))
    assert run.data.tags["dvc_experiment"] == "puffy-loon"


def test_the_commit_is_a_tag_also_where_there_is_no_git(monkeypatch):
    assert tracking.source_tags() == {"git_commit": "none"}
    monkeypatch.setenv("GIT_COMMIT", "c0ffee")
    assert tracking.source_tags() == {"git_commit": "c0ffee"}


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
    assert run_id != gone and read_json(begun / tracking.RUN) == {"run_id": run_id}


def test_a_run_is_remembered_beside_checkpoints_elsewhere(config, tmp_path):
    begun = Folder(tmp_path.as_uri()) / "checkpoints"
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    assert tracking.start_run(config, tiny.variant(), {}, begun) == run_id
    assert read_json(tmp_path / "checkpoints" / tracking.RUN) == {"run_id": run_id}


def test_a_run_whose_creation_was_not_answered_is_not_created_again(config, begun, monkeypatch):
    waits = config.model_copy(update={"patience": 5})
    answers_lost(monkeypatch, "create_experiment", "create_run", "log_batch")
    run_id = tracking.start_run(waits, tiny.variant(), {}, begun)
    assert [run.info.run_id for run in runs_of(config)] == [run_id]
    assert runs_of(config)[0].data.params["name"] == "dfc"


def test_an_experiment_that_was_deleted_is_named(config, begun):
    tracking.client(config).delete_experiment(tracking.experiment_id(config))
    with pytest.raises(InputError, match=f"experiment {config.experiment} was deleted .* restore it .* or set "):
        tracking.start_run(config, tiny.variant(), {}, begun)


def test_what_is_missing_is_completed(config, begun):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    steps = [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(1, 501)]
    epochs = [{"step": step, "epoch": step / 250, "learning_rate": 0.1, "valid_loss": 4.0} for step in (250, 500)]
    logger = tracking.live_logger(config, run_id)
    logger.on_steps(steps[:200])
    logger.on_steps(steps[350:400])
    logger.on_epoch(epochs[0])
    logger.close()
    for _ in range(2):
        tracking.complete(config, run_id, steps, epochs)  # more metrics than one request may have
        assert history(config, run_id, "step/loss") == [(row["step"], row["loss"]) for row in steps]
        assert history(config, run_id, "epoch/valid_loss") == [(250, 4.0), (500, 4.0)]
    assert set(get(config, run_id).data.metrics) == {
        "step/epoch", "step/learning_rate", "step/loss", "epoch/epoch", "epoch/learning_rate", "epoch/valid_loss"}


def test_rows_that_arrived_unanswered_are_not_sent_again(config, begun, monkeypatch):
    waits = config.model_copy(update={"patience": 5})
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    answers_lost(monkeypatch, "log_batch")
    tracking.complete(waits, run_id, [{"step": step, "learning_rate": 0.1, "loss": 2.0} for step in (1, 2)], [])
    assert history(config, run_id, "step/loss") == [(1, 2.0), (2, 2.0)]


def test_a_call_waits_for_the_server_and_says_so(config, monkeypatch, capsys):
    def call(what):
        calls.append(what)
        if len(calls) < 4:
            raise requests.ConnectionError("[Errno 111] Connection refused")
        return what

    calls = []
    waits = config.model_copy(update={"patience": 5, "uri": "http://user:secret@host:5000"})
    assert tracking.patient(waits, call, "answer") == "answer"
    assert capsys.readouterr().err == (
        "MLflow at http://host:5000 does not answer (Connection refused); waiting for it, at most 5 s\n"
        "MLflow at http://host:5000 answers again\n")


def test_patience_ends_in_one_sentence(begun, capsys):
    config, started = Tracking(uri=AWAY, experiment="e", patience=1), time.monotonic()
    with pytest.raises(tracking.NoAnswer) as raised:
        tracking.start_run(config, tiny.variant(), {}, begun)
    assert 1 <= time.monotonic() - started < 5
    assert str(raised.value) == (
        f"MLflow at {AWAY} has not answered for 1 s (Connection refused); start it, or set tracking.uri, and run "
        "again: nothing computed is lost.")
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_refused_is_not_repeated(config):
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="not found"):
        tracking.complete(config.model_copy(update={"patience": 600}), "0" * 32,
                          [{"step": 1, "loss": 2.0}], [])


def test_the_reason_is_told_also_where_the_run_cannot_be_marked(capsys):
    config = Tracking(uri=AWAY, experiment="e", patience=0)
    with pytest.raises(ZeroDivisionError), tracking.ended_as_it_ends(config, "0" * 32):
        raise ZeroDivisionError
    assert "the run 00000000000000000000000000000000 is not marked FAILED" in capsys.readouterr().err
    with pytest.raises(tracking.NoAnswer), tracking.ended_as_it_ends(config, "0" * 32):
        pass


def test_a_later_stage_adds_metrics_and_files(config, begun, tmp_path, project):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    (tmp_path / "curves.png").write_bytes(b"a picture")
    metrics = {"svm/accuracy": 0.9, "psnr": float("inf"), "ssim": float("nan")}
    for _ in range(2):
        assert tracking.add_to_run(config, run_id, tiny.variant(), metrics, {"figures": [tmp_path / "curves.png"]},
                                   {"workers": 2}) == run_id
    assert get(config, run_id).data.metrics == {"svm/accuracy": 0.9}
    assert history(config, run_id, "svm/accuracy") == [(0, 0.9)] and get(config, run_id).data.tags["workers"] == "2"
    assert [file.path for file in tracking.client(config).list_artifacts(run_id, "figures")] == ["figures/curves.png"]
    assert [file.read_bytes() for file in (project / "mlartifacts").rglob("curves.png")] == [b"a picture"]


def test_nested_scores_are_named_by_their_path():
    scores = {"svm": {"aligned": {"C": 1.0}}, "reconstruction": None, "samples": {}}
    assert tracking.flat(scores) == {"svm/aligned/C": 1.0}


def test_a_run_of_another_store_gets_one_stand_in(config):
    """Results that were pulled: their run is in somebody else's MLflow."""
    assert not tracking.exists(config, "f" * 32)
    stand_in = tracking.add_to_run(config, "f" * 32, tiny.variant(), {"a": 1.0})
    assert tracking.add_to_run(config, "f" * 32, tiny.variant(), {"b": 2.0}) == stand_in != "f" * 32
    assert tracking.exists(config, stand_in)
    run = get(config, stand_in)
    assert len(runs_of(config)) == 1 and run.data.metrics == {"a": 1.0, "b": 2.0}
    assert run.data.tags["trained_as"] == "f" * 32 and run.data.params["name"] == "dfc"
    assert tracking.add_to_run(config, "e" * 32, tiny.variant()) != stand_in


def test_a_folder_remembers_a_run_or_not(begun):
    assert tracking.read_run(begun) is None
    tracking.write_run(begun, "e" * 32)
    assert tracking.read_run(begun) == "e" * 32 and tracking.read_run(Folder(begun.as_uri())) == "e" * 32


def test_a_deleted_run_does_not_exist(config, begun):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    assert tracking.exists(config, run_id)
    tracking.client(config).delete_run(run_id)
    assert not tracking.exists(config, run_id)


def test_the_default_store_lies_in_the_project_and_not_in_dvcs_copy(project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    default = Tracking(uri=None, experiment="e", patience=0)
    assert tracking.store_uri(default) == f"sqlite:///{project.resolve()}/mlflow.db"
    monkeypatch.delenv("DVC_ROOT")
    assert tracking.store_uri(default) == f"sqlite:///{tmp_path.resolve()}/mlflow.db"


def test_the_parameter_wins_over_the_environment_and_that_over_the_default(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    assert tracking.store_uri(Tracking(uri=None, experiment="e", patience=0)) == "http://tracking:5000"
    assert tracking.store_uri(Tracking(uri="sqlite:////x.db", experiment="e", patience=0)) == "sqlite:////x.db"


def test_the_environments_store_is_used(config, begun, project, monkeypatch):
    """The default store's own database under another name, as MLflow would need seconds for a new one."""
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/./mlflow.db")
    monkeypatch.setenv("DVC_ROOT", str(begun.parent))
    assert get(config, run_id).info.run_id == run_id
    assert os.listdir(begun) == [tracking.RUN]


@pytest.fixture
def vae() -> VAE:
    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8))
    vae(torch.randn(8, 3, tiny.SIZE, tiny.SIZE))
    return vae.eval().requires_grad_(False)


def test_a_logged_model_serves_without_this_project(config, begun, vae, monkeypatch):
    import mlflow

    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    assert not tracking.has_model(config, run_id)
    answers_lost(monkeypatch, "log_model_artifacts")
    tracking.log_model(config.model_copy(update={"patience": 60}), run_id, vae, example(vae, encodes=True))
    assert tracking.has_model(config, run_id)
    tracking.log_model(config, run_id, vae, example(vae, encodes=True))
    [logged] = tracking.client(config).search_logged_models([tracking.experiment_id(config)])
    assert logged.source_run_id == run_id and logged.name == "model" and logged.params["name"] == "dfc"
    assert logged.model_id in [model.model_id for model in get(config, run_id).outputs.model_outputs]
    served = mlflow.pyfunc.load_model(logged.model_uri)
    for number in (1, 5):  # the example had two images
        images = np.random.default_rng(0).uniform(-1, 1, (number, 3, tiny.SIZE, tiny.SIZE)).astype(np.float32)
        np.testing.assert_allclose(served.predict(images), vae(torch.from_numpy(images)).numpy(), atol=1e-5)
    assert get(config, run_id).info.status == "RUNNING"


def test_the_last_stage_delivers_what_training_could_not(config, begun, vae, tmp_path, monkeypatch):
    variant = tiny.variant()
    monkeypatch.chdir(tmp_path)
    Path("training/dfc").mkdir(parents=True)
    for name in ("figures/dfc/curves.png", "figures/dfc/correlation.png", "figures/dfc/prior.png",
                 "figures/samples.png", "figures/pvae/curves.png", "attributes/dfc/correlation.csv",
                 "attributes/dfc/vectors.parquet", "evaluation/dfc/svm_aligned.csv", "multi_view/gains.csv",
                 "report/index.html", "dvc.lock", "params.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    write_json(Path("metrics/train/dfc.json"), {"loss": 0.3, "active_units": 4})
    write_json(Path("metrics/evaluate/dfc.json"), {"svm": {"aligned": {"accuracy": 0.9}}, "reconstruction": None})
    write_json(Path("metrics/samples/dfc.json"), {"prior": {"frechet_distance": 2.0}})
    steps = [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(1, 8)]
    pd.DataFrame([*steps, {"step": 8, "learning_rate": 0.1, "loss": 0.3, "kl": 2.0}]).to_csv(
        "training/dfc/steps.csv", index=False)
    pd.DataFrame([{"step": 8, "learning_rate": 0.1, "loss": 0.5}]).to_csv("training/dfc/epochs.csv", index=False)
    save_weights(Path("models/dfc/model.safetensors"), vae.state_dict(), variant)
    run_id = tracking.start_run(config, variant, {}, begun)
    record = {"precision": "fp32", "device": "a laptop", "workers": 1, "seconds": 9.0, "images_per_second": 70.0}
    write_record("train", "dfc", mlflow_run=run_id, **record, epochs=[{"seconds": 8.5, "images_per_second": 75.0}])
    logger = tracking.live_logger(config, run_id)
    logger.on_steps(steps[:3])
    logger.close()

    track.track(config, variant)
    track.track(config, variant)
    run = get(config, run_id)
    assert run.info.status == "FINISHED" and tracking.has_model(config, run_id)
    assert run.data.metrics["train/loss"] == 0.3 and run.data.metrics["svm/aligned/accuracy"] == 0.9
    assert history(config, run_id, "train/active_units") == [(0, 4.0)]
    assert (run.data.tags["precision"], run.data.tags["device"], run.data.tags["workers"]) == ("fp32", "a laptop", "1")
    assert {name: run.data.tags[name] for name in machine()} == machine()
    assert not {"mlflow_run", "epochs", "seconds"} & set(run.data.tags)
    assert run.data.metrics["train/seconds"] == 9.0 and run.data.metrics["train/images_per_second"] == 70.0
    assert history(config, run_id, "epoch/seconds") == [(8, 8.5)]
    assert history(config, run_id, "step/loss") == [*((row["step"], row["loss"]) for row in steps), (8, 0.3)]
    assert history(config, run_id, "step/kl") == [(8, 2.0)] and history(config, run_id, "epoch/loss") == [(8, 0.5)]
    listed = {folder: {Path(file.path).name for file in tracking.client(config).list_artifacts(run_id, folder)}
              for folder in ("pipeline", "figures", "attributes", "evaluation", "report")}
    assert listed == {"pipeline": {"dvc.lock", "params.yaml"},
                      "figures": {"curves.png", "correlation.png", "prior.png"}, "attributes": {"correlation.csv"},
                      "evaluation": {"svm_aligned.csv", "gains.csv"}, "report": {"index.html", "samples.png"}}


def test_a_server_that_refuses_is_one_sentence(config, begun, monkeypatch):
    """A real answer over HTTP: 401, as a server with accounts gives it."""
    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.end_headers()
            self.wfile.write(b"You are not authenticated")

        do_POST, log_message = do_GET, lambda *_: None

    with HTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        away = config.model_copy(update={"uri": f"http://127.0.0.1:{server.server_port}"})
        with pytest.raises(tracking.Refused, match="refuses: .*401.*check tracking.uri, and the user"):
            tracking.start_run(away, tiny.variant(), {}, begun)
        server.shutdown()


@pytest.mark.parametrize("folder", ["./mlruns", "mlruns", "/data/mlruns", "file:///data/mlruns", "file:./mlruns"])
def test_a_folder_as_a_store_is_refused_with_the_spelling_of_a_database(monkeypatch, tmp_path, folder):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    beside = "/data" if "/data" in folder else str(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", folder)
    with pytest.raises(InputError) as refused:
        tracking.store_uri(Tracking(uri=None, experiment="e", patience=0))
    assert str(refused.value).startswith(f"MLFLOW_TRACKING_URI is {folder}, but MLflow keeps runs in a database or on")
    assert f"set it to sqlite:///{beside}/mlflow.db or http://host:port" in str(refused.value)
    with pytest.raises(InputError, match="^tracking.uri is other, but MLflow keeps"):
        tracking.store_uri(Tracking(uri="other", experiment="e", patience=0))


@pytest.mark.parametrize("uri", ["mlflow.db", "localhost:5000", "s3://bucket/mlruns", "gs://bucket"])
def test_what_else_is_no_store_is_refused_too(uri):
    with pytest.raises(InputError, match="set it to sqlite:///"):
        tracking.store_uri(Tracking(uri=uri, experiment="e", patience=0))


@pytest.mark.parametrize("uri", ["sqlite:////x.db", "postgresql+psycopg2://u:p@h/db", "http://h:5", "databricks"])
def test_every_other_store_is_mlflows_to_judge(uri):
    assert tracking.store_uri(Tracking(uri=uri, experiment="e", patience=0)) == uri


def test_the_first_stage_says_it(monkeypatch, tmp_path):
    from stages import plan

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/celeba").mkdir(parents=True)
    (tmp_path / NO_FILE).touch()
    (tmp_path / "params.yaml").write_text(tiny.PARAMS.read_text())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI is ./mlruns, but MLflow keeps"):
        plan.main()
    assert not (tmp_path / "plan").exists() and not (tmp_path / "code").exists()


def test_a_run_says_what_trains_it_while_it_is_trained(config, begun):
    run_id = tracking.start_run(config, tiny.variant(), {}, begun)
    logger = tracking.live_logger(config, run_id)
    logger.on_start({"precision": "bf16", "device": "a GPU", "workers": 2})
    logger.on_steps([{"step": 1, "learning_rate": 0.1, "loss": 1.0}])
    logger.close()
    tags = get(config, run_id).data.tags
    assert (tags["precision"], tags["device"], tags["workers"]) == ("bf16", "a GPU", "2")
    assert history(config, run_id, "step/loss") == [(1, 1.0)]
