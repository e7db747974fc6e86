"""Rows of a training on their way to a real `mlflow server` that is killed, and to no server at all."""

import re
import socket
import time

import pytest
import requests

from pipeline.config.running import Tracking
from pipeline.tracking import live, rows, runs, store, training_run, waiting
from pipeline.tracking.live import Live
from pipeline.tracking.pictures import TAG, known_pictures
from pipeline.tracking.waiting import retry_while_away
from tests import tiny
from tests.mlflow_server import Server
from tests.tracking.conftest import AWAY, PNG, steps

pytestmark = pytest.mark.slow

REQUEST_SECONDS = 60  # how long a request waits for a server that does not answer it


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    server.wait()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Leave MLFLOW_TRACKING_URI, which MLflow itself sets, as it was before the test."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "deleted in the next line")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(REQUEST_SECONDS))
    for module in (live, waiting):
        monkeypatch.setattr(module, "RETRY_SECONDS", 0.5)
    yield
    mlflow.set_tracking_uri(None)


def logged(config: Tracking, run_id: str, name: str) -> list[int]:
    """Return the steps at which the run has a metric."""
    return sorted(metric.step for metric in store.client(config).get_metric_history(run_id, name))


@pytest.fixture
def stderr_lines(capsys):
    """Return a function that returns the lines on stderr since the test began."""
    lines: list[str] = []

    def read() -> list[str]:
        lines.extend(capsys.readouterr().err.splitlines())
        return lines

    return read


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_each_step_is_logged_once_whatever_happens_to_the_server(server, tmp_path, stderr_lines):
    config = Tracking(uri=server.uri, experiment="e", patience=120)
    picture = tmp_path / "a.png"
    picture.write_bytes(b"a picture")
    run_id = training_run.start_or_resume_run(config, tiny.variant(), "a" * 32, {}, {})
    logger = training_run.live_logger(config, run_id)
    logger.on_steps(steps(1, 10))
    logger.on_epoch({"step": 10, "epoch": 1, "learning_rate": 0.1, "valid_loss": 2.0})
    logger.on_pictures([("samples", 10, PNG)])
    wait_until(lambda: (logged(config, run_id, "step/loss") == list(range(1, 11))
                        and logged(config, run_id, "epoch/epoch")
                        and TAG in store.client(config).get_run(run_id).data.tags))  # the last request of a picture
    assert stderr_lines() == []

    server.kill()
    for step in range(11, 1011):
        logger.on_steps(steps(step, step))  # returns although nobody answers
    logger.on_pictures([("samples", 1010, PNG)])
    away = f"MLflow at {server.uri} does not answer (Connection refused); training goes on, rows wait"
    wait_until(lambda: stderr_lines() == [away])
    server.start()
    run = retry_while_away(config, store.client(config).get_run, run_id)
    runs.add_metrics(config, run, {"psnr": 20.0})
    runs.upload_files(config, run, {"figures": [picture]})
    logger.on_steps(steps(900, 1020))  # as after a restart of the training, from its last checkpoint
    logger.on_pictures([("samples", step, PNG) for step in (10, 1010, 1020)])
    logger.on_epoch({"step": 1020, "epoch": 2, "learning_rate": 0.1, "valid_loss": 1.0})
    logger.close(60)
    assert logged(config, run_id, "step/loss") == logged(config, run_id, "step/epoch") == list(range(1, 1021))
    assert logged(config, run_id, "epoch/valid_loss") == [10, 1020]
    assert logged(config, run_id, "psnr") == [0]
    assert known_pictures(store.client(config), run_id) == {("samples", step) for step in (10, 1010, 1020)}
    assert len(store.client(config).list_artifacts(run_id, "images")) == 6  # each is two files
    assert [file.path for file in store.client(config).list_artifacts(run_id, "figures")] == ["figures/a.png"]
    assert sorted(line for line in stderr_lines() if "rows" not in line) == [
        f"MLflow at {server.uri} answers again",
        f"MLflow at {server.uri} does not answer (Connection refused); waiting for it, at most 120 s"]
    first, again = [line for line in stderr_lines() if "rows" in line]
    assert first == away
    assert again.startswith(f"MLflow at {server.uri} answers again; 1") and again.endswith("had waited are delivered")
    assert re.search("rows and . pictures? that had", again)

    restarted = training_run.live_logger(config, run_id)  # another worker
    restarted.on_steps(steps(1000, 1030))
    restarted.close(60)
    training_run.log_missing_rows(config, run_id, steps(1, 1040), [])
    assert logged(config, run_id, "step/loss") == list(range(1, 1041))


def test_a_run_that_does_not_exist_is_reported_once(server, capsys):
    logger = Live(server.uri, "0" * 32)
    logger.on_steps(steps(1, 1))
    wait_until(lambda: not logger._thread.is_alive())
    logger.on_steps(steps(2, 2))
    logger.close()
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"MLflow at {server.uri} takes no rows from here (RESOURCE_DOES_NOT_EXIST")


def test_no_database_is_created_on_another_machine(tmp_path, capsys):
    logger = Live(f"sqlite:///{tmp_path}/mlflow.db", "0" * 32)
    logger.on_steps(steps(1, 1))
    logger.close()
    assert f"takes no rows from here ({tmp_path}/mlflow.db is not on this machine); training goes on" in (
        capsys.readouterr().err)
    assert not list(tmp_path.iterdir())


def test_training_does_not_wait_for_a_server_that_takes_requests_and_answers_none(stderr_lines):
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
    wait_until(lambda: not logger._thread.is_alive())
    assert stderr_lines() == [f"1,001 rows have not reached MLflow at {uri}; they are delivered when training ends"]


def test_close_waits_no_longer_than_asked(stderr_lines):
    logger, away = Live(AWAY, "0" * 32), (
        f"MLflow at {AWAY} does not answer (Connection refused); training goes on, rows wait")
    logger.on_steps(steps(1, 30))
    wait_until(lambda: stderr_lines() == [away])
    started = time.monotonic()
    logger.close(2)
    assert 2 <= time.monotonic() - started < 30  # for an answer it would wait for ever
    assert stderr_lines() == [away, f"30 rows have not reached MLflow at {AWAY}; they are delivered when training ends"]
    wait_until(lambda: not logger._thread.is_alive())


def test_a_connection_that_was_closed_while_idle_is_not_reported(monkeypatch, capsys):
    def log_entries(*arguments):
        sent.append(arguments)
        if len(sent) % 2:
            raise requests.ConnectionError("('Connection aborted.', RemoteDisconnected('Remote end closed …'))")

    sent = []
    monkeypatch.setattr(rows, "log_entries", log_entries)
    logger = Live(AWAY, "0" * 32)
    logger.on_steps(steps(1, 1))
    logger.close()
    assert len(sent) == 2
    training_run.log_missing_rows(Tracking(uri=AWAY, experiment="e", patience=0), "0" * 32, steps(1, 1), [])
    assert len(sent) == 4 and capsys.readouterr().err == ""
