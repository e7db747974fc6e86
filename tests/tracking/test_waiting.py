"""Calls to MLflow that wait for a server that is away."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from pipeline.config.running import Tracking
from pipeline.tracking import training_run
from pipeline.tracking.errors import NoAnswer, Refused
from pipeline.tracking.waiting import retry_while_away
from tests.tracking.conftest import AWAY, start_run


def test_a_call_is_repeated_until_the_server_answers_and_stderr_says_so(config, capsys):
    def call(what):
        calls.append(what)
        if len(calls) < 4:
            raise requests.ConnectionError("[Errno 111] Connection refused")
        return what

    calls = []
    waits = config.model_copy(update={"patience": 5, "uri": "http://user:secret@host:5000"})
    assert retry_while_away(waits, call, "answer") == "answer"
    assert capsys.readouterr().err == (
        "MLflow at http://host:5000 does not answer (Connection refused); waiting for it, at most 5 s\n"
        "MLflow at http://host:5000 answers again\n")


def test_the_end_of_patience_is_one_sentence(capsys):
    config, started = Tracking(uri=AWAY, experiment="e", patience=1), time.monotonic()
    with pytest.raises(NoAnswer) as raised:
        start_run(config)
    assert 1 <= time.monotonic() - started < 5
    assert str(raised.value) == (
        f"MLflow at {AWAY} has not answered for 1 s (Connection refused); start it, or set tracking.uri, and run "
        "again: nothing computed is lost.")
    assert capsys.readouterr().err.count("\n") == 1


def test_a_call_for_a_missing_run_is_not_repeated(config):
    from mlflow.exceptions import MlflowException

    waits = config.model_copy(update={"patience": 600})
    with pytest.raises(MlflowException, match="not found"):
        training_run.log_missing_rows(waits, "0" * 32, [{"step": 1, "loss": 2.0}], [])


def test_a_server_that_refuses_is_one_sentence(config):
    """The server answers 401, as one with accounts does."""
    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.end_headers()
            self.wfile.write(b"You are not authenticated")

        do_POST, log_message = do_GET, lambda *_: None

    with HTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        away = config.model_copy(update={"uri": f"http://127.0.0.1:{server.server_port}"})
        with pytest.raises(Refused, match="refuses: .*401.*check tracking.uri, and the user"):
            start_run(away)
        server.shutdown()
