"""What a training tells MLflow through its child process: a real one, with a real store and a real server."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.config.running import Tracking
from pipeline.files.json_file import write_json
from pipeline.tracking import reporter, store
from pipeline.tracking.errors import NoAnswer
from pipeline.tracking.pictures import known_pictures
from pipeline.tracking.reporter import Reporter, reporter_of_training
from pipeline.tracking.rows import REQUEST_METRICS
from pipeline.training.results import as_csv
from pipeline.workspace.records import write_record
from tests import tiny
from tests.mlflow_server import Server
from tests.tracking.conftest import AWAY, PNG, TRAINING, artifacts, get, history, runs_of, steps

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
TRAINED = {"precision": "fp32", "device": "a laptop", "workers": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test has a working tree of its own, and time enough on a busy machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reporter, "FAILURE_SECONDS", 300)


@pytest.fixture
def begin():
    """begin(config, live_after) → what tells MLflow of a training, whose child starts after so many seconds."""
    def begin(config: Tracking, live_after: float = 0) -> Reporter:
        config = config.model_copy(update={"live_after": live_after})
        return reporter_of_training(config, tiny.variant(), TRAINING, {"name": "dfc"}, {"data_sha256": "abc"})
    return begin


def write_results(last: int) -> None:
    """Write what the stage train leaves of a training of so many steps."""
    for folder in ("training/dfc", "pictures/dfc/samples"):
        Path(folder).mkdir(parents=True)
    for step in (10, last):
        Path(f"pictures/dfc/samples/{step}.png").write_bytes(PNG)
    Path("training/dfc/steps.csv").write_text(as_csv(steps(1, last)))
    Path("training/dfc/epochs.csv").write_text(as_csv([{"step": last, "learning_rate": 0.1, "valid_loss": 4.0}]))
    write_json(Path("metrics/train/dfc.json"), {"loss": 0.3})
    write_record("train", "dfc", training=TRAINING, **TRAINED, seconds=9.0, images_per_second=70.0,
                 epochs=[{"seconds": 8.5, "images_per_second": 75.0}])


def wait_until(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_long_training_is_live_and_finished_at_its_end(config, begin, capfd):
    told = begin(config)
    with told.marking_failure():
        began = time.time()
        told.on_start(TRAINED)
        told.on_steps(steps(1, 10))
        wait_until(lambda: runs_of(config) and history(config, runs_of(config)[0].info.run_id, "step/loss"))
        [run] = runs_of(config)
        assert run.info.status == "RUNNING" and run.data.tags["device"] == "a laptop"
        assert run.info.start_time / 1000 == pytest.approx(began, abs=0.5)  # and not when the child had started
        assert run.data.params["name"] == "dfc" and run.data.tags["data_sha256"] == "abc"
        told.on_steps(steps(11, 20))
        told.on_pictures([("samples", 10, PNG)])
        write_results(25)
    assert told.finish() == run.info.run_id
    run = get(config, run.info.run_id)
    assert run.info.status == "FINISHED" and run.data.metrics["train/loss"] == 0.3
    assert history(config, run.info.run_id, "step/loss") == [(step, 1 / step) for step in range(1, 26)]
    assert history(config, run.info.run_id, "epoch/valid_loss") == [(25, 4.0)]
    assert known_pictures(store.client(config), run.info.run_id) == {("samples", 10), ("samples", 25)}
    assert len(artifacts(config, run.info.run_id, "images")) == 4  # each is two files
    assert not run.outputs.model_outputs  # the stage track adds the model
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("reason", "status"), [(KeyboardInterrupt, "KILLED"), (ZeroDivisionError, "FAILED")])
def test_a_run_ends_as_its_training_ends_and_is_resumed(config, begin, reason, status):
    for first in (1, 11):
        told = begin(config)
        with pytest.raises(reason), told.marking_failure():
            told.on_start(TRAINED)
            told.on_steps(steps(first, first + 9))
            wait_until(lambda: [run for run in runs_of(config) if run.info.status == "RUNNING"])
            raise reason
        [run] = runs_of(config)
        assert run.info.status == status
    assert [step for step, _ in history(config, run.info.run_id, "step/loss")] == list(range(1, 21))


def test_a_short_training_starts_no_child_and_is_left_to_the_stage_track(config, begin):
    told = begin(config, live_after=600)
    with told.marking_failure():
        told.on_start(TRAINED)
        told.on_steps(steps(1, 10))
    assert told.finish() is None and not told.is_live and runs_of(config) == []


def test_a_short_training_that_fails_gets_its_run_and_one_that_is_killed_gets_none(config, begin):
    for reason, statuses in ((KeyboardInterrupt, []), (ZeroDivisionError, ["FAILED"])):
        told = begin(config, live_after=600)
        with pytest.raises(reason), told.marking_failure():
            told.on_start(TRAINED)
            told.on_steps(steps(1, 10))
            raise reason
        assert [run.info.status for run in runs_of(config)] == statuses
    assert len(history(config, runs_of(config)[0].info.run_id, "step/loss")) == 10


def test_a_failure_before_training_begins_is_not_recorded(config, begin):
    told = begin(config)
    with pytest.raises(ZeroDivisionError), told.marking_failure():
        raise ZeroDivisionError
    assert not told.is_live


def test_a_server_that_is_away_holds_nothing_up(begin, capfd):
    told = begin(Tracking(uri=AWAY, experiment="e", patience=600))
    with told.marking_failure():
        told.on_start(TRAINED)
        started = time.monotonic()
        for step in range(1, 3 * REQUEST_METRICS):  # more than the pipe holds
            told.on_steps(steps(step, step))
        assert time.monotonic() - started < 10
        said: list[str] = []
        wait_until(lambda: said.append(capfd.readouterr().err) or "training goes on, rows wait" in "".join(said))
    started = time.monotonic()
    assert told.finish() is None and time.monotonic() - started < 60
    assert f"warning: MLflow at {AWAY} has not answered while dfc was trained. The stage track adds" in (
        capfd.readouterr().err)


def test_a_training_that_fails_while_the_server_is_away_says_that_its_run_is_not_marked(begin, capfd):
    told = begin(Tracking(uri=AWAY, experiment="e", patience=600))
    with pytest.raises(ZeroDivisionError), told.marking_failure():
        told.on_start(TRAINED)
        raise ZeroDivisionError
    assert f"MLflow at {AWAY} does not answer, or refuses; the run of this training is not marked FAILED there" in (
        capfd.readouterr().err)


def test_a_server_that_comes_late_gets_all_rows(begin, tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "server").mkdir()
    server = Server(tmp_path / "server")
    config = Tracking(uri=server.uri, experiment="e", patience=600)
    told, said = begin(config), []
    with told.marking_failure():
        told.on_start(TRAINED)
        told.on_steps(steps(1, 10))
        wait_until(lambda: said.append(capfd.readouterr().err) or "rows wait" in "".join(said))
        server.start()
        try:
            server.wait()
            wait_until(lambda: said.append(capfd.readouterr().err) or "answers again" in "".join(said))
            write_results(10)
            run_id = told.finish()
            assert get(config, run_id).info.status == "FINISHED"
            assert len(history(config, run_id, "step/loss")) == 10
        finally:
            server.kill()


def test_a_run_that_is_gone_when_its_training_ends_is_one_sentence(config, begin, capfd):
    told = begin(config)
    with told.marking_failure():
        told.on_start(TRAINED)
        wait_until(lambda: runs_of(config))
        store.client(config).delete_run(runs_of(config)[0].info.run_id)
        write_results(10)
    told.finish()
    said = capfd.readouterr().err
    assert said.count("warning: MLflow at sqlite") == 1 and "The stage track adds what is missing" in said
    assert "Traceback" not in said


def test_a_worker_elsewhere_sends_its_rows_to_the_run_of_the_training(config, begin):
    told = begin(config)
    run_id = told.run_id()
    assert get(config, run_id).info.status == "RUNNING"
    of_worker = pickle.loads(pickle.dumps(told.for_worker(config, run_id)))
    of_worker.on_start(TRAINED)
    of_worker.on_steps(steps(1, 10))
    wait_until(lambda: history(config, run_id, "step/loss"))
    of_worker.on_steps(steps(11, 11))
    of_worker.close()
    assert len(history(config, run_id, "step/loss")) == 11 and get(config, run_id).info.status == "RUNNING"
    write_results(12)
    assert told.finish() == run_id and get(config, run_id).info.status == "FINISHED"


def test_workers_do_not_begin_without_a_server(begin):
    with pytest.raises(NoAnswer, match="has not answered for 0 s"):
        begin(Tracking(uri=AWAY, experiment="e", patience=0)).run_id()


def test_the_child_ends_with_a_training_that_is_killed_and_ctrl_c_does_not_end_it(config):
    """The child outlives SIGINT, which a terminal sends to all, but not its training."""
    script = ("import sys, time\nfrom pipeline.config.running import Tracking\nfrom pipeline.tracking import reporter\n"
              "from tests import tiny\n"
              f"told = reporter.reporter_of_training(Tracking(uri={store.store_uri(config)!r}, experiment='killed', "
              f"patience=0, live_after=0), tiny.variant(), {TRAINING!r}, {{}}, {{}})\n"
              "told.on_start({})\nprint(told._child.pid, flush=True)\ntime.sleep(300)")
    training = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                                env={**os.environ, "PYTHONPATH": str(PROJECT)})
    child = int(training.stdout.readline())
    killed = config.model_copy(update={"experiment": "killed"})
    wait_until(lambda: runs_of(killed))
    os.kill(child, signal.SIGINT)
    time.sleep(1)
    assert is_running(child)
    training.kill()
    training.wait()
    wait_until(lambda: not is_running(child), 10)
    assert [run.info.status for run in runs_of(killed)] == ["RUNNING"]  # it goes on later


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_row_costs_the_training_next_to_nothing(begin, monkeypatch):
    """Without the child: what the training's own thread does."""
    told = begin(Tracking(uri=AWAY, experiment="e", patience=0), live_after=600)
    rows = [{"step": step, "epoch": 1, **{f"term{number}": 0.1 for number in range(8)}} for step in range(1000)]
    started = time.process_time()
    for start in range(0, 1000, 10):
        told.on_steps(rows[start:start + 10])
    assert time.process_time() - started < 0.1  # 10,000 numbers
    assert json.dumps(told._messages.get()["steps"]) == json.dumps(rows[:10])
