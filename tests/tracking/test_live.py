"""Rows of a training on their way to a real `mlflow server` that is killed, and to none at all."""

import pickle
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from pipeline.config import Tracking
from pipeline.tracking import live, runs, store, training_run
from pipeline.tracking.live import Live
from tests import tiny
from tests.mlflow_server import Server

AWAY = "http://127.0.0.1:9"  # nothing answers there
REQUEST_SECONDS = 60         # what a request costs whoever waits for a server that does not answer it


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    server.wait()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """MLflow itself sets MLFLOW_TRACKING_URI; set and deleted here, it is as before when the test ends."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "deleted in the next line")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(REQUEST_SECONDS))
    for module in (live, store):
        monkeypatch.setattr(module, "RETRY_SECONDS", 0.5)
    yield
    mlflow.set_tracking_uri(None)


def steps(first: int, last: int) -> list[dict[str, float]]:
    return [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(first, last + 1)]


def logged(config: Tracking, run_id: str, name: str) -> list[int]:
    """At which steps the run has a metric."""
    return sorted(metric.step for metric in store.client(config).get_metric_history(run_id, name))


@pytest.fixture
def said(capsys):
    """Called: the lines on stderr, all from the test's beginning."""
    lines: list[str] = []

    def so_far() -> list[str]:
        lines.extend(capsys.readouterr().err.splitlines())
        return lines

    return so_far


def until(wanted, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_each_step_is_there_once_whatever_happens_to_the_server(server, tmp_path, said):
    config = Tracking(uri=server.uri, experiment="e", patience=120)
    picture = tmp_path / "a.png"
    picture.write_bytes(b"a picture")
    run_id = training_run.start(config, tiny.variant(), "a" * 32, {}, {})
    logger = pickle.loads(pickle.dumps(training_run.live_logger(config, run_id)))
    logger.on_steps(steps(1, 10))
    logger.on_epoch({"step": 10, "epoch": 1, "learning_rate": 0.1, "valid_loss": 2.0})
    until(lambda: logged(config, run_id, "step/loss") == list(range(1, 11)) and logged(config, run_id, "epoch/epoch"))
    assert said() == []

    server.kill()
    for step in range(11, 1011):
        logger.on_steps(steps(step, step))  # returns although nobody answers
    away = f"MLflow at {server.uri} does not answer (Connection refused); training goes on, rows wait"
    until(lambda: said() == [away])
    server.start()
    run = store.patient(config, store.client(config).get_run, run_id)
    runs.add_metrics(config, run, {"psnr": 20.0})
    runs.upload_files(config, run, {"figures": [picture]})
    logger.on_steps(steps(900, 1020))  # as after a restart of the training, from its last checkpoint
    logger.on_epoch({"step": 1020, "epoch": 2, "learning_rate": 0.1, "valid_loss": 1.0})
    logger.close(60)
    assert logged(config, run_id, "step/loss") == logged(config, run_id, "step/epoch") == list(range(1, 1021))
    assert logged(config, run_id, "epoch/valid_loss") == [10, 1020]
    assert logged(config, run_id, "psnr") == [0]
    assert [file.path for file in store.client(config).list_artifacts(run_id, "figures")] == ["figures/a.png"]
    assert sorted(line for line in said() if "rows" not in line) == [
        f"MLflow at {server.uri} answers again",
        f"MLflow at {server.uri} does not answer (Connection refused); waiting for it, at most 120 s"]
    first, again = [line for line in said() if "rows" in line]
    assert first == away
    assert again.startswith(f"MLflow at {server.uri} answers again; 1") and again.endswith("had waited are delivered")

    restarted = training_run.live_logger(config, run_id)  # another worker
    restarted.on_steps(steps(1000, 1030))
    restarted.close(60)
    training_run.complete(config, run_id, steps(1, 1040), [])
    assert logged(config, run_id, "step/loss") == list(range(1, 1041))


def test_a_run_that_does_not_exist_is_told_once(server, capsys):
    logger = Live(server.uri, "0" * 32)
    logger.on_steps(steps(1, 1))
    until(lambda: not logger._thread.is_alive())
    logger.on_steps(steps(2, 2))
    logger.close()
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"MLflow at {server.uri} takes no rows from here (RESOURCE_DOES_NOT_EXIST")


def test_no_database_is_made_on_another_machine(tmp_path, capsys):
    logger = Live(f"sqlite:///{tmp_path}/mlflow.db", "0" * 32)
    logger.on_steps(steps(1, 1))
    logger.close()
    assert f"takes no rows from here ({tmp_path}/mlflow.db is not on this machine); training goes on" in (
        capsys.readouterr().err)
    assert not list(tmp_path.iterdir())


def test_nobody_waits_for_a_server_that_takes_requests_and_answers_none(said):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        logger = Live(uri, "0" * 32)
        logger.on_steps(steps(1, 1))
        silent.settimeout(REQUEST_SECONDS)
        request, _ = silent.accept()  # the thread now waits for an answer
        with request:
            started = time.monotonic()
            for step in range(2, 1001):
                logger.on_steps(steps(step, step))
            logger.on_epoch({"step": 1000, "epoch": 1})
            logger.close(1)
            assert 1 <= time.monotonic() - started < REQUEST_SECONDS / 2
            assert logger._thread.is_alive()
    until(lambda: not logger._thread.is_alive())
    assert said() == [f"1001 rows have not reached MLflow at {uri}; they are delivered when training ends"]


def test_closing_waits_no_longer_than_said(said):
    logger, away = Live(AWAY, "0" * 32), (
        f"MLflow at {AWAY} does not answer (Connection refused); training goes on, rows wait")
    logger.on_steps(steps(1, 30))
    until(lambda: said() == [away])
    started = time.monotonic()
    logger.close(2)
    assert 2 <= time.monotonic() - started < 30  # for an answer it would wait for ever
    assert said() == [away, f"30 rows have not reached MLflow at {AWAY}; they are delivered when training ends"]
    until(lambda: not logger._thread.is_alive())


def test_it_is_empty_where_it_is_unpickled(said):
    logger = Live(AWAY, "0" * 32)
    logger.on_steps(steps(1, 30))
    arrived = pickle.loads(pickle.dumps(logger))
    assert (arrived.uri, arrived.run_id) == (AWAY, "0" * 32)
    started = time.monotonic()
    arrived.close(60)
    assert time.monotonic() - started < 30  # with rows it would be 60
    assert not [line for line in said() if "have not reached" in line]
    logger.close(0)
    assert len([line for line in said() if "have not reached" in line]) == 1
    until(lambda: not logger._thread.is_alive())


def test_a_row_is_never_in_two_requests():
    rows = [("step/", row, 0) for row in steps(1, 600)]  # of four values
    requested = [len(rows[start:]) and len(live.one_request(rows[start:])) for start in (0, 250, 500)]
    assert requested == [250, 250, 100]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.server.status:
            self.send_response(self.server.status)
            self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize(("status", "away"), [(None, True), (500, True), (503, True), (401, False), (403, False),
                                              (404, False)])
def test_an_error_of_the_server_passes_and_a_refusal_does_not(status, away):
    from mlflow import MlflowClient

    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        answering.status = status
        threading.Thread(target=answering.handle_request).start()
        with pytest.raises(Exception) as raised:
            MlflowClient(f"http://127.0.0.1:{answering.server_port}").get_run("0" * 32)
    assert live.is_away(raised.value) == away
    assert live.cause(raised.value) in {None: ["closed connection"], 500: ["500 error responses"],
                                                 503: ["503 error responses"]}.get(status, [str(raised.value)])


def test_a_connection_that_was_idle_for_too_long_is_not_told(monkeypatch, capsys):
    def send(*arguments):
        sent.append(arguments)
        if len(sent) % 2:
            raise requests.ConnectionError("('Connection aborted.', RemoteDisconnected('Remote end closed …'))")

    sent = []
    for module in (live, training_run):
        monkeypatch.setattr(module, "send", send)
    logger = Live(AWAY, "0" * 32)
    logger.on_steps(steps(1, 1))
    logger.close()
    assert len(sent) == 2
    training_run.complete(Tracking(uri=AWAY, experiment="e", patience=0), "0" * 32, steps(1, 1), [])
    assert len(sent) == 4 and capsys.readouterr().err == ""


def test_a_password_is_not_told():
    assert live.shown("postgresql://me:secret@host/db") == "postgresql://host/db"
    assert live.shown("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"
    assert live.cause(requests.ConnectionError()) == "ConnectionError"
