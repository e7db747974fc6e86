"""Where MLflow keeps runs, and waiting for it."""

import os
import runpy
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
import yaml

from pipeline.config import NO_FILE, Tracking
from pipeline.errors import InputError
from pipeline.tracking import store, training_run
from pipeline.tracking.store import store_uri
from tests import tiny
from tests.tracking.conftest import AWAY, begun, get

PROJECT = Path(__file__).resolve().parents[2]


def tracking(uri: str | None) -> Tracking:
    return Tracking(uri=uri, experiment="e", patience=0)


def test_the_default_store_lies_in_the_project_and_not_in_dvcs_copy(mlflow_project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert store_uri(tracking(None)) == f"sqlite:///{mlflow_project.resolve()}/mlflow.db"
    monkeypatch.delenv("DVC_ROOT")
    assert store_uri(tracking(None)) == f"sqlite:///{tmp_path.resolve()}/mlflow.db"


def test_the_parameter_wins_over_the_environment_and_that_over_the_default(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    assert store_uri(tracking(None)) == "http://tracking:5000"
    assert store_uri(tracking("sqlite:////x.db")) == "sqlite:////x.db"


def test_the_environments_store_is_used(config, tmp_path, mlflow_project, monkeypatch):
    """The default store's own database under another name, as MLflow would need seconds for a new one."""
    run_id = begun(config)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{mlflow_project}/./mlflow.db")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert get(config, run_id).info.run_id == run_id
    assert os.listdir(tmp_path) == []


def test_several_processes_may_use_a_new_database_at_once(tmp_path):
    """As two experiments do: MLflow fails where two processes create its tables."""
    script = ("import sys\n"
              "from pathlib import Path\n"
              "from pipeline.config import Tracking, load_params\n"
              "from pipeline.tracking import training_run\n"
              "uri, training, params = sys.argv[1:]\n"
              "config = Tracking(uri=uri, experiment='e', patience=0)\n"
              "variant = load_params(Path(params)).variant('dfc')\n"
              "input()\n"
              "training_run.start(config, variant, training, {'name': 'dfc'}, {})\n")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    processes = [subprocess.Popen([sys.executable, "-c", script, uri, name * 32, tiny.PARAMS], cwd=PROJECT, text=True,
                                  env=os.environ | {"DVC_ROOT": str(tmp_path)}, stdin=subprocess.PIPE,
                                  stderr=subprocess.PIPE) for name in "abc"]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [(process.communicate(timeout=300)[1], process.returncode) for process in processes]
    assert [status for _, status in ended] == [0, 0, 0], "\n".join(said[-2000:] for said, _ in ended)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        found = database.execute("SELECT value FROM tags WHERE key = 'training'").fetchall()
    assert sorted(found) == [(name * 32,) for name in "abc"]


def test_the_uri_is_printed_for_make_ui(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    params = yaml.safe_load(tiny.PARAMS.read_text())
    params["tracking"]["uri"] = "http://tracking:5000"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    runpy.run_module("pipeline.tracking", run_name="__main__")
    assert capsys.readouterr().out == "http://tracking:5000\n"


@pytest.mark.parametrize("folder", ["./mlruns", "mlruns", "/data/mlruns", "file:///data/mlruns", "file:./mlruns"])
def test_a_folder_as_a_store_is_refused_with_the_spelling_of_a_database(monkeypatch, tmp_path, folder):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    beside = "/data" if "/data" in folder else str(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", folder)
    with pytest.raises(InputError) as refused:
        store_uri(tracking(None))
    assert str(refused.value).startswith(f"MLFLOW_TRACKING_URI is {folder}, but MLflow keeps runs in a database or on")
    assert f"set it to sqlite:///{beside}/mlflow.db or http://host:port" in str(refused.value)
    with pytest.raises(InputError, match="^tracking.uri is other, but MLflow keeps"):
        store_uri(tracking("other"))


@pytest.mark.parametrize("uri", ["mlflow.db", "localhost:5000", "s3://bucket/mlruns", "gs://bucket"])
def test_what_else_is_no_store_is_refused_too(uri):
    with pytest.raises(InputError, match="set it to sqlite:///"):
        store_uri(tracking(uri))


@pytest.mark.parametrize("uri", ["sqlite:////x.db", "postgresql+psycopg2://u:p@h/db", "http://h:5", "databricks"])
def test_every_other_store_is_mlflows_to_judge(uri):
    assert store_uri(tracking(uri)) == uri


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


def test_an_experiment_that_was_deleted_is_named(config):
    store.client(config).delete_experiment(store.experiment_id(config))
    with pytest.raises(InputError, match=f"experiment {config.experiment} was deleted .* restore it .* or set "):
        begun(config)


def test_a_call_waits_for_the_server_and_says_so(config, capsys):
    def call(what):
        calls.append(what)
        if len(calls) < 4:
            raise requests.ConnectionError("[Errno 111] Connection refused")
        return what

    calls = []
    waits = config.model_copy(update={"patience": 5, "uri": "http://user:secret@host:5000"})
    assert store.patient(waits, call, "answer") == "answer"
    assert capsys.readouterr().err == (
        "MLflow at http://host:5000 does not answer (Connection refused); waiting for it, at most 5 s\n"
        "MLflow at http://host:5000 answers again\n")


def test_patience_ends_in_one_sentence(capsys):
    config, started = Tracking(uri=AWAY, experiment="e", patience=1), time.monotonic()
    with pytest.raises(store.NoAnswer) as raised:
        begun(config)
    assert 1 <= time.monotonic() - started < 5
    assert str(raised.value) == (
        f"MLflow at {AWAY} has not answered for 1 s (Connection refused); start it, or set tracking.uri, and run "
        "again: nothing computed is lost.")
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_refused_is_not_repeated(config):
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="not found"):
        training_run.complete(config.model_copy(update={"patience": 600}), "0" * 32, [{"step": 1, "loss": 2.0}], [])


def test_a_server_that_refuses_is_one_sentence(config):
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
        with pytest.raises(store.Refused, match="refuses: .*401.*check tracking.uri, and the user"):
            begun(away)
        server.shutdown()
