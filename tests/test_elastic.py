"""Workers that may be fewer: a training that loses a node goes on without it, and grows when another node comes."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray
from ray.core.generated.autoscaler_pb2 import DrainNodeReason
from torch import distributed

from pipeline.config.variant import Variant
from pipeline.files.folder import Folder
from pipeline.training import ray_train
from pipeline.training.worker import node_soon_lost
from pipeline.training.worker_sentences import SOON_LOST
from tests.small_training import assert_same_training, settings, steady_variant, until, write_inputs
from tests.two_nodes import TwoNodes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nodes():
    """Two nodes, and a Ray Train that looks often at what has changed."""
    with pytest.MonkeyPatch.context() as patched, TwoNodes(token=False) as nodes:
        soon = {"RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5", "RAY_TRAIN_PREEMPTION_POLL_INTERVAL_S": "1",
                ray_train.START_TIMEOUT: ray_train.ELASTIC_START_SECONDS}
        for name, value in (nodes.environment | soon).items():
            patched.setenv(name, value)
        patched.setattr(ray_train, "GROW_SECONDS", 2.0)
        yield nodes


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def variant(folder) -> Variant:
    return steady_variant(folder)


@pytest.fixture(scope="module")
def undisturbed(folder, nodes, variant):
    """The outcome of one process."""
    return ray_train.fit(job(folder, "undisturbed", variant, {}), settings(nodes, address=None, workers=0))


def job(folder: Path, name: str, variant: Variant, held: dict[tuple[int, int], Callable[[], bool]],
        **changes) -> ray_train.Job:
    """A training that waits where the test needs time. A file gets a line per step, with the number of workers.

    Args:
        folder: of the inputs.
        name: of the checkpoints' folder, and of that file.
        variant: what is trained.
        held: (workers, step) → what so many workers wait for after that step, unless they are killed before.
        changes: of the job.
    """
    def on_steps(rows):
        workers = distributed.get_world_size() if distributed.is_initialized() else 1
        with open(folder / f"{name}.steps", "a") as file:
            file.writelines(f"{workers} {row['step']}\n" for row in rows)
        if (workers, rows[-1]["step"]) in held:
            until(held[workers, rows[-1]["step"]])

    return ray_train.Job(**{
        "variant": variant, "shards": Folder.of(folder / "shards"), "loss_network": Folder.of(folder),
        "directory": Folder.of(folder / name), "checkpoint_steps": 1, "on_steps": on_steps,
        "on_epoch": lambda row: None, **changes})


def never() -> bool:
    return False


def made(folder: Path, name: str) -> list[tuple[int, int]]:
    """The steps so far: (workers, step)."""
    file = folder / f"{name}.steps"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(workers), int(step)) for workers, step in map(str.split, lines)]


@contextlib.contextmanager
def beside(disturb: Callable[[], None]) -> Iterator[None]:
    """Run `disturb` in a thread while the block runs. The end of the block raises what it has raised."""
    failed: list[BaseException] = []

    def run():
        try:
            disturb()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(240)
    if failed:
        raise failed[0]


def test_a_training_that_shrinks_and_grows_is_the_undisturbed_one(folder, nodes, variant, undisturbed, capfd):
    def disturb():
        until(lambda: (2, 2) in made(folder, "grown") and (folder / "grown" / "step-00000001.pt").exists())
        nodes.kill("second")
        until(lambda: (1, 4) in made(folder, "grown") and (folder / "grown" / "step-00000003.pt").exists())
        nodes.complete()

    nodes.complete()
    work = job(folder, "grown", variant, {(2, 2): never, (1, 4): never})
    with beside(disturb):
        result = ray_train.fit(work, settings(nodes, min_workers=1, retries=1))
    assert_same_training(folder, variant, undisturbed, result)
    assert made(folder, "grown") == [(2, 1), (2, 2), (1, 2), (1, 3), (1, 4), (2, 4), (2, 5), (2, 6)]
    trained = result[1].trained
    assert trained["workers"] == 2 and trained["earlier_workers"] == "2 to step 1, 1 to step 3"
    said = capfd.readouterr().err
    assert "goes on from step 1 with 1 worker instead of 2" in said
    assert "goes on from step 3 with 2 workers instead of 1" in said


def test_notice_that_a_node_will_be_taken_away_makes_a_checkpoint(folder, nodes, variant, undisturbed, capfd):
    """No checkpoint is due here but after an epoch, of two steps. The first step's is made because of the notice."""
    def disturb():
        until(lambda: (2, 1) in made(folder, "warned") and bool(nodes.workers("PreemptionWatcher")))  # who listens
        drain(nodes, "second", seconds=20)

    nodes.complete()
    work = job(folder, "warned", variant, {(2, 1): node_soon_lost, (2, 2): never}, checkpoint_seconds=1000.0)
    with beside(disturb):
        result = ray_train.fit(work, settings(nodes, min_workers=1, retries=0))
    assert_same_training(folder, variant, undisturbed, result)
    assert made(folder, "warned") == [(2, 1), (2, 2), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6)]
    assert result[1].trained["earlier_workers"] == "2 to step 1"
    assert SOON_LOST in capfd.readouterr().err


def drain(nodes: TwoNodes, name: str, seconds: int) -> None:
    """Give notice that a node will be taken away in so many seconds, as `ray drain-node` does, but faster."""
    node = next(node["NodeID"] for node in ray.nodes()
                if node["Alive"] and str(nodes.folders[name]) in node["RayletSocketName"])
    accepted, why = ray._raylet.GcsClient(address=nodes.address).drain_node(
        node, DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION"), "a test", int(1000 * (time.time() + seconds)))
    assert accepted, why
