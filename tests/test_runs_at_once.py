"""Two runs of one configuration at once: two clones with one storage, two experiments of a queue. Real processes."""

import hashlib
import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from tests.chaos import TINY, Run
from tests.clone import clone, dvc, run, set_params
from tests.mlflow_server import Server
from tests.two_nodes import kill

pytestmark = pytest.mark.slow

CALLS_BEFORE = 8  # seven steps, since validation calls it too
# A term of the loss that adds nothing. After some calls it waits until a file is gone, so that two trainings surely
# overlap, and leave the cores to other tests meanwhile.
HELD = f"""
import time
from pathlib import Path

from torch import nn


class Held(nn.Module):
    def __init__(self, file: str):
        super().__init__()
        self.file, self.calls, self.until = Path(file), 0, time.monotonic() + 300

    def forward(self, reconstruction, image):
        self.calls += 1
        while self.calls > {CALLS_BEFORE} and self.file.exists() and time.monotonic() < self.until:
            time.sleep(0.05)
        return 0 * reconstruction.float().mean()
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """A committed clone in which everything before training is done. Each test takes a copy."""
    sections = {**TINY, "data": {"synthetic_images": 120, "image_size": 32}, "train": {**TINY["train"], "epochs": 2}}
    folder = clone(tmp_path_factory.mktemp("prepared") / "project", {"dfc"}, **sections)
    (folder / "pipeline/losses/terms/held.py").write_text(HELD)
    (folder / "dvc.lock").unlink()  # it names results that are not here
    shutil.rmtree(folder / "metrics")
    dvc(folder, "repro", "loss_networks")
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "-qm", "until training")
    return folder


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    """MLflow's server, away from both clones."""
    server = Server(tmp_path)
    server.start()
    server.wait()
    yield server
    server.kill()


def runs_of(storage: Path) -> set[str]:
    """Return the names of the runs that have a folder in `storage`."""
    return {path.parent.name for path in storage.glob("dfc-*/*/run.json")}


def newest_step(storage: Path, run: str) -> int:
    """Return the step of a run's newest checkpoint; 0 without one."""
    return max((int(path.stem[5:]) for path in storage.glob(f"dfc-*/{run}/step-*.pt")), default=0)


def wait_until(condition: Callable[[], object], seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "models/dfc/model.safetensors").read_bytes()).hexdigest()


def test_two_clones_train_one_configuration_and_one_is_killed(tmp_path, prepared, server):
    storage, first, second = (tmp_path / name for name in ("storage", "first", "second"))
    shutil.copytree(prepared, first, symlinks=True)
    hold = tmp_path / "hold"
    hold.touch()
    set_params(first, "loss", extra={"held": {"weight": 1, "file": str(hold)}})
    set_params(first, "train", epochs=5)
    set_params(first, "cluster", checkpoint_steps=2, checkpoint_seconds=0, storage=str(storage))
    set_params(first, "tracking", uri=server.uri, live_after=0)
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
    assert other.wait() != 0 and newest_step(storage, of_second) > 0  # nobody has deleted its checkpoints
    killed_at = newest_step(storage, of_second)
    again = Run(second, "repro", "train@dfc")
    wait_until(lambda: newest_step(storage, of_second) > killed_at + 2 or again.process.poll() is not None)
    assert one.process.poll() is None and not list(storage.glob("dfc-*/*/finished"))  # both train
    hold.unlink()
    assert one.wait() == 0, one.output
    assert again.wait() == 0, again.output

    assert weights(first) == weights(second)
    for table in ("steps.csv", "epochs.csv"):
        assert (first / "training/dfc" / table).read_text() == (second / "training/dfc" / table).read_text()
    recorded = [json.loads((folder / "records/train/dfc.json").read_text())["training"] for folder in (first, second)]
    assert recorded == [of_first, of_second] and runs_of(storage) == {of_first, of_second}

    mlflow = MlflowClient(server.uri)
    experiment = mlflow.get_experiment_by_name("face-vae").experiment_id
    runs = {run.data.tags["training"]: run for run in mlflow.search_runs([experiment])}
    assert runs.keys() == {of_first, of_second}
    steps = len((first / "training/dfc/steps.csv").read_text().splitlines()) - 1
    for run_of_clone in runs.values():
        assert run_of_clone.info.status == "FINISHED"
        logged = [metric.step for metric in mlflow.get_metric_history(run_of_clone.info.run_id, "step/loss")]
        assert sorted(logged) == list(range(1, steps + 1))


def test_two_experiments_of_a_queue_train_one_configuration_at_once(tmp_path, prepared):
    project = tmp_path / "project"
    shutil.copytree(prepared, project, symlinks=True)
    for name, images in (("thirty", 30), ("twenty", 20)):
        dvc(project, "exp", "run", "--queue", "-n", name, "-S", "train.seed=1", "-S", f"sampling.images={images}",
            "-S", "tracking.live_after=0", "train@dfc")
    dvc(project, "queue", "start", "-j", "2")
    end = time.monotonic() + 300
    while (status := dvc(project, "queue", "status")).count("Success") < 2:
        assert "Failed" not in status and time.monotonic() < end, status + dvc(project, "queue", "logs", "thirty")
        time.sleep(1)

    client = MlflowClient(f"sqlite:///{project}/mlflow.db")  # both experiments have made it at the same moment
    runs = client.search_runs([client.get_experiment_by_name("face-vae").experiment_id])
    assert {run.data.tags["experiment"]: run.info.status for run in runs} == {
        "thirty": "FINISHED", "twenty": "FINISHED"}
    assert len({run.data.tags["training"] for run in runs}) == 2
    assert not list((project / ".checkpoints").glob("dfc-*"))  # neither has left anything

    thirty, twenty = outputs_of_training(project, "thirty"), outputs_of_training(project, "twenty")
    assert thirty["models/dfc"] == twenty["models/dfc"] and thirty["training/dfc"] == twenty["training/dfc"]
    assert thirty["records/train/dfc.json"] != twenty["records/train/dfc.json"]  # the name of the run is in it


def outputs_of_training(project: Path, experiment: str) -> dict[str, str]:
    """Return output → md5, as DVC has recorded an experiment's training."""
    commit, = run(project, "git", "for-each-ref", "--format=%(objectname)", f"refs/exps/**/{experiment}").split()
    lock = yaml.safe_load(run(project, "git", "show", f"{commit}:dvc.lock"))
    return {out["path"]: out["md5"] for out in lock["stages"]["train@dfc"]["outs"]}
