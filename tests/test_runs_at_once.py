"""Two clones train one configuration at once, with one storage and one MLflow; one is killed. Real processes."""

import hashlib
import json
import shutil
import signal
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.chaos import TINY, Run
from tests.clone import clone, dvc
from tests.mlflow_server import Server
from tests.two_nodes import kill

LONGER = {**TINY, "data": {"synthetic_images": 120}, "train": {**TINY["train"], "epochs": 25},
          "cluster": {**TINY["cluster"], "checkpoint_steps": 2}}


@pytest.fixture
def server(tmp_path):
    """MLflow's server, away from both clones."""
    server = Server(tmp_path)
    server.start()
    server.wait()
    yield server
    server.kill()


def runs_of(storage: Path) -> set[str]:
    return {path.parent.name for path in storage.glob("dfc-*/*/run.json")}


def newest_step(storage: Path, run: str) -> int:
    return max((int(path.stem[5:]) for path in storage.glob(f"dfc-*/{run}/step-*.pt")), default=0)


def wait_until(condition, seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "models/dfc/model.safetensors").read_bytes()).hexdigest()


def test_two_clones_train_one_configuration_and_one_is_killed(tmp_path, server):
    storage = tmp_path / "storage"
    sections = {**LONGER, "cluster": {**LONGER["cluster"], "storage": str(storage)}, "tracking": {"uri": server.uri}}
    first = clone(tmp_path / "first", {"dfc"}, **sections)
    dvc(first, "repro", "loss_networks")
    second = tmp_path / "second"
    shutil.copytree(first, second, symlinks=True)

    one = Run(first, "repro", "train@dfc")
    wait_until(lambda: runs_of(storage))
    [of_first] = runs_of(storage)
    other = Run(second, "repro", "train@dfc")
    wait_until(lambda: len(runs_of(storage)) == 2)
    [of_second] = runs_of(storage) - {of_first}
    wait_until(lambda: newest_step(storage, of_second) > 2 or other.process.poll() is not None)
    victim = other.stage_process()
    assert victim, other.output
    kill(victim, signal.SIGKILL)
    assert other.wait() != 0 and newest_step(storage, of_second) > 0  # nobody has deleted what it had
    killed_at = newest_step(storage, of_second)
    again = Run(second, "repro", "train@dfc")
    wait_until(lambda: newest_step(storage, of_second) > killed_at + 2 or again.process.poll() is not None)
    assert one.process.poll() is None and not list(storage.glob("dfc-*/*/finished"))  # both train
    assert one.wait() == 0, one.output
    assert again.wait() == 0, again.output

    assert weights(first) == weights(second)
    for table in ("steps.csv", "epochs.csv"):
        assert (first / "training/dfc" / table).read_text() == (second / "training/dfc" / table).read_text()
    recorded = [json.loads((folder / "records/train/dfc.json").read_text())["training"] for folder in (first, second)]
    assert recorded == [of_first, of_second] and runs_of(storage) == {of_first, of_second}

    mlflow = MlflowClient(server.uri)
    experiment = mlflow.get_experiment_by_name("face-vae").experiment_id
    found = {run.data.tags["training"]: run for run in mlflow.search_runs([experiment])}
    assert found.keys() == {of_first, of_second}
    steps = len((first / "training/dfc/steps.csv").read_text().splitlines()) - 1
    for run in found.values():
        assert run.info.status == "FINISHED"
        logged = [metric.step for metric in mlflow.get_metric_history(run.info.run_id, "step/loss")]
        assert sorted(logged) == list(range(1, steps + 1))
