"""What errors of MLflow mean."""

import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from pipeline.config.running import Tracking
from pipeline.tracking.errors import NoAnswer, Refused, in_few_words, is_away, is_of_the_database
from pipeline.tracking.waiting import retry_while_away


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.server.status:
            self.send_response(self.server.status)
            self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize(("status", "away"), [(None, True), (500, True), (503, True), (401, False), (403, False),
                                              (404, False)])
def test_no_answer_and_errors_5xx_mean_away_and_refusals_do_not(status, away):
    from mlflow import MlflowClient

    with HTTPServer(("127.0.0.1", 0), Answer) as answering:
        answering.status = status
        threading.Thread(target=answering.handle_request).start()
        with pytest.raises(Exception) as raised:
            MlflowClient(f"http://127.0.0.1:{answering.server_port}").get_run("0" * 32)
    assert is_away(raised.value) == away
    assert in_few_words(raised.value) in {None: ["closed connection"], 500: ["500 error responses"],
                                                 503: ["503 error responses"]}.get(status, [str(raised.value)])


def test_an_error_without_a_message_is_its_type():
    assert in_few_words(requests.ConnectionError()) == "ConnectionError"


@pytest.mark.parametrize(("broken", "away"), [(False, True), (True, False)])
def test_a_locked_database_is_away_and_a_damaged_one_refuses(tmp_path, broken, away):
    from sqlalchemy import create_engine, text

    path = tmp_path / "mlflow.db"
    if broken:
        path.write_bytes(b"no database" * 100)
    holder = sqlite3.connect(path, isolation_level=None)
    if not broken:
        holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Exception) as raised, create_engine(f"sqlite:///{path}", connect_args={"timeout": 0}).connect() \
            as connection:
        connection.execute(text("SELECT name FROM sqlite_master"))
    holder.close()
    assert is_of_the_database(raised.value) and is_away(raised.value) == away
    with pytest.raises(NoAnswer if away else Refused):
        retry_while_away(Tracking(uri=f"sqlite:///{path}", experiment="e", patience=0), throw, raised.value)


def throw(error):
    raise error
