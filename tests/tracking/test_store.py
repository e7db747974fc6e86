"""Where MLflow keeps runs."""

import os
import runpy
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.config.fields import NO_FILE
from pipeline.config.running import Tracking
from pipeline.errors import InputError
from pipeline.messages import without_password
from pipeline.tracking.store import client_of_worker, sqlite_file, store_uri
from tests import tiny
from tests.tracking.conftest import get, start_run

PROJECT = Path(__file__).resolve().parents[2]


def tracking(uri: str | None) -> Tracking:
    return Tracking(uri=uri, experiment="e", patience=0)


def test_the_default_store_lies_in_the_project_and_not_in_dvcs_copy(mlflow_project, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert store_uri(tracking(None)) == f"sqlite:///{mlflow_project.resolve()}/mlflow.db"
    monkeypatch.delenv("DVC_ROOT")
    assert store_uri(tracking(None)) == f"sqlite:///{tmp_path.resolve()}/mlflow.db"


def test_the_parameter_precedes_the_environment_and_that_the_default(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    assert store_uri(tracking(None)) == "http://tracking:5000"
    assert store_uri(tracking("sqlite:////x.db")) == "sqlite:////x.db"


def test_the_environments_store_is_used(config, tmp_path, mlflow_project, monkeypatch):
    """Takes the default store's database under another name, since MLflow would need seconds for a new one."""
    run_id = start_run(config)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{mlflow_project}/./mlflow.db")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert get(config, run_id).info.run_id == run_id
    assert os.listdir(tmp_path) == []


@pytest.mark.slow
def test_several_processes_may_use_a_new_database_at_once(tmp_path):
    """Two experiments at once do so. MLflow fails where two processes create its tables."""
    script = ("import sys\n"
              "from pathlib import Path\n"
              "from pipeline.config.loading import load_params\n"
              "from pipeline.config.running import Tracking\n"
              "from pipeline.tracking import training_run\n"
              "uri, training, params = sys.argv[1:]\n"
              "config = Tracking(uri=uri, experiment='e', patience=0)\n"
              "variant = load_params(Path(params)).variant('dfc')\n"
              "input()\n"
              "training_run.start_or_resume_run(config, variant, training, {'name': 'dfc'}, {})\n")
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
def test_a_folder_is_refused_as_a_store_and_a_database_suggested(monkeypatch, tmp_path, folder):
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
def test_other_uris_that_name_no_store_are_refused(uri):
    with pytest.raises(InputError, match="set it to sqlite:///"):
        store_uri(tracking(uri))


@pytest.mark.parametrize("uri", ["sqlite:////x.db", "postgresql+psycopg2://u:p@h/db", "http://h:5", "databricks"])
def test_other_stores_of_mlflow_are_accepted(uri):
    assert store_uri(tracking(uri)) == uri


def test_the_first_stage_refuses_a_folder(monkeypatch, tmp_path):
    from stages import plan

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/celeba").mkdir(parents=True)
    (tmp_path / NO_FILE).touch()
    (tmp_path / "params.yaml").write_text(tiny.PARAMS.read_text())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI is ./mlruns, but MLflow keeps"):
        plan.main()
    assert not (tmp_path / "plan").exists() and not (tmp_path / "code").exists()


@pytest.mark.parametrize(("uri", "path"), [
    ("sqlite:////a/b.db", "/a/b.db"), ("sqlite:///b.db?timeout=60", "b.db"), ("sqlite+pysqlite:////a/b.db", "/a/b.db"),
    ("sqlite://", None), ("sqlite:///:memory:", None), ("http://h:5", None), ("postgresql://u:p@h/db", None)])
def test_the_file_of_a_sqlite_database_is_read_from_its_uri(uri, path):
    assert sqlite_file(uri) == (path and Path(path))


def test_a_worker_finds_a_database_whose_uri_has_options(mlflow_project, config):
    run_id = start_run(config)
    assert client_of_worker(f"sqlite:///{mlflow_project}/mlflow.db?timeout=60").get_run(run_id).info.run_id == run_id


def test_a_worker_on_another_machine_creates_no_database(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"^{tmp_path}/mlflow.db is not on this machine$"):
        client_of_worker(f"sqlite:///{tmp_path}/mlflow.db?timeout=60")
    assert not list(tmp_path.iterdir())


def test_a_password_is_not_shown():
    assert without_password("postgresql://me:secret@host/db") == "postgresql://host/db"
    assert without_password("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"
