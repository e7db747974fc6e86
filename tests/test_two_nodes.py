"""A real cluster of two nodes. Work is spread over both, survives a lost worker, and trains what one process would."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import psutil
import pytest
import ray
import torch

from pipeline.cluster.connection import connected_to_ray
from pipeline.cluster.resources import gpus_per_worker
from pipeline.cluster.tasks import parallel_map
from pipeline.config.running import Cluster
from pipeline.config.variant import Variant
from pipeline.data.attributes import all_known
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.errors import InputError
from pipeline.evaluation import svm
from pipeline.files.folder import Folder
from pipeline.parallel import in_this_process
from pipeline.training import ray_train
from pipeline.vocabulary import ATTRIBUTES
from tests.data.conftest import draw_celeba
from tests.small_training import assert_same_training, settings, steady_variant, until, write_inputs
from tests.two_nodes import TwoNodes, kill

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nodes():
    with pytest.MonkeyPatch.context() as patched, TwoNodes(token=False) as nodes:
        for name, value in nodes.environment.items():
            patched.setenv(name, value)
        yield nodes


@pytest.fixture
def cluster(nodes):
    nodes.complete()
    return settings(nodes, retries=3)


@contextlib.contextmanager
def beside(shoot: Callable[[], bool]):
    """Run `shoot` in a thread while the block runs. The end of the block waits for it, and fails if it hit nothing."""
    hit: list[bool] = []
    thread = threading.Thread(target=lambda: hit.append(shoot()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(240)
    assert hit == [True]


def run_all(cluster: Cluster, function: Callable, shared: object, items: Iterable, gpu: bool = False) -> list:
    """The results of function(shared, item) for all items, by tasks of the cluster."""
    with parallel_map(cluster, gpu=gpu) as spread:
        return list(spread(function, shared, items))


def where(folder: str, item: int) -> tuple[str, str]:
    """Return the node of this task. Waits until both nodes have a task, so that one node cannot do everything."""
    node = ray.get_runtime_context().get_node_id()
    Path(folder, node).touch()
    until(lambda: len(os.listdir(folder)) == 2, seconds=60)
    return f"{folder}, {item}", node


def test_tasks_run_on_both_nodes_and_come_in_order(cluster, tmp_path):
    results = run_all(cluster, where, str(tmp_path), range(8))
    assert [text for text, _ in results] == [f"{tmp_path}, {item}" for item in range(8)]
    assert len({node for _, node in results}) == 2


def count(folder: str, item: int) -> int:
    """Leave a file for each call, and return the item."""
    Path(folder, f"{item}-{os.getpid()}-{time.time_ns()}").touch()
    time.sleep(1.5)
    return item


def test_a_lost_worker_costs_only_its_own_task(cluster, nodes, tmp_path):
    def shoot():
        until(lambda: len(os.listdir(tmp_path)) >= 3)
        time.sleep(0.3)
        last = max(os.listdir(tmp_path), key=lambda name: name.split("-")[2])  # its task lasts another second
        return kill(psutil.Process(int(last.split("-")[1])))

    with beside(shoot):
        assert run_all(cluster, count, str(tmp_path), range(6)) == list(range(6))
    times = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert len(times) == 7 and len(set(times)) == 6  # one of them twice


def test_a_lost_node_costs_only_its_own_tasks(cluster, nodes, tmp_path):
    def begun():
        """Return True if a task has begun on the node, and left its file."""
        at_work = {int(name.split("-")[1]) for name in os.listdir(tmp_path)}
        return any(worker.pid in at_work and nodes.node_of(worker) == "second" for worker in nodes.workers("count"))

    def shoot():
        until(begun)
        nodes.replace("second")
        return True

    with beside(shoot):
        assert run_all(cluster, count, str(tmp_path), range(8)) == list(range(8))
    times = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert 8 < len(times) <= 10 and len(set(times)) == 8


def test_shards_and_svms_are_those_of_one_process(cluster, tmp_path, monkeypatch):
    from pipeline.data import prepare as module

    monkeypatch.setattr(module, "PART_ROWS", 4)
    celeba = open_celeba(draw_celeba(tmp_path / "celeba", images=20))
    with parallel_map(cluster) as as_tasks:
        for name, where in (("here", in_this_process), ("spread", as_tasks)):
            prepare(celeba, tmp_path / name, 16, progress=False, parallel_map=where)
    here, spread = ({path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
                    for name in ("here", "spread"))
    assert here == spread and len(here) > 20
    random = np.random.default_rng(0)
    x = random.standard_normal((300, 8)).astype(np.float32)
    y = x[:, :1] + random.standard_normal((300, 40)) > 0
    sets, splits = {"all": np.arange(8), "half": np.arange(4)}, np.repeat(["train", "valid", "test"], 100)
    arguments = x, sets, all_known(ATTRIBUTES, y), splits, [0.1, 1.0]
    with parallel_map(cluster) as as_tasks:
        tables = svm.evaluate_sets(*arguments, parallel_map=as_tasks)
    for name, expected in svm.evaluate_sets(*arguments).items():
        rankings = ["average_precision", "auroc"]  # which rounding may change, where two images are nearly equal
        rows = tables[name].rows
        assert rows.drop(columns=rankings).equals(expected.rows.drop(columns=rankings))
        np.testing.assert_allclose(rows[rankings], expected.rows[rankings], atol=0.01)
        np.testing.assert_allclose(tables[name].svms.weights, expected.svms.weights, atol=1e-3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def variant(folder) -> Variant:
    return steady_variant(folder)


def job(folder: Path, name: str, variant: Variant) -> ray_train.Job:
    """A slow training, so that a shot does not come too late. A file gets a line per step, with its process."""
    def on_steps(rows):
        with open(folder / f"{name}.steps", "a") as file:
            file.writelines(f"{os.getpid()} {row['step']}\n" for row in rows)
        time.sleep(0.5)

    return ray_train.Job(variant, Folder.of(folder / "shards"), Folder.of(folder), Folder.of(folder / name), 1,
                         on_steps, lambda row: None)


@pytest.fixture(scope="module")
def trained(folder, nodes, variant):
    """The outcome of two undisturbed workers, and the nodes on which they were."""
    cluster = settings(nodes)
    nodes.complete()
    seen, ended = set(), threading.Event()

    def look():
        while len(seen) < 2 and not ended.wait(0.1):
            seen.update({nodes.node_of(worker) for worker in nodes.workers("RayTrainWorker")} - {None})

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        result = ray_train.fit(job(folder, "two", variant), cluster)
    finally:
        ended.set()
        watch.join()
    return *result, seen


def test_two_workers_on_two_nodes_train_what_one_process_does(folder, nodes, trained, variant):
    *two, seen = trained
    assert seen == {"head", "second"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "Ray's, which asks a controller that is gone"
    alone = ray_train.fit(job(folder, "one", variant), settings(nodes, address=None, workers=0))
    assert_same_training(folder, variant, alone, tuple(two))


def test_a_killed_training_worker_changes_nothing(folder, trained, cluster, nodes, variant):
    def shoot():
        until((folder / "killed" / "step-00000003.pt").exists)
        return kill(nodes.workers("RayTrainWorker")[0])

    with beside(shoot):
        weights, history = ray_train.fit(job(folder, "killed", variant), cluster)
    made: dict[str, list[int]] = {}
    for line in (folder / "killed.steps").read_text().splitlines():
        made.setdefault(line.split()[0], []).append(int(line.split()[1]))
    before, *after = made.values()
    assert before[:3] == [1, 2, 3] and after and all(steps[0] > 3 for steps in after)
    expected, undisturbed, _ = trained
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert history.steps == undisturbed.steps
    assert history.trained["workers"] == 2 and history.trained["precision"] == "fp32"


def test_gpus_are_used_where_the_cluster_has_them(nodes, folder, variant):
    """Without a GPU the parameter has to be set. Only Ray believes in the third node's GPU."""
    nodes.complete()
    left_open = settings(nodes, gpus_per_worker=None)
    refused = (f"the Ray cluster at {nodes.address} has no GPU now, .* set cluster.gpus_per_worker to 1 to wait for "
               "GPUs, or to 0")
    with pytest.raises(InputError, match=refused):
        ray_train.fit(job(folder, "refused", variant), left_open)
    with pytest.raises(InputError, match=refused):
        run_all(left_open, where, str(folder), range(8), gpu=True)
    nodes.start("third", "--address", nodes.address, "--num-gpus", "1")
    try:
        with connected_to_ray(left_open):
            until(lambda: ray.cluster_resources().get("GPU") == 1)
            assert gpus_per_worker(left_open) == 1 and gpus_per_worker(settings(nodes)) == 0
        assert run_all(left_open, gpus_of_task, None, [0], gpu=True) == [1]
        assert run_all(settings(nodes), gpus_of_task, None, [0], gpu=True) == [0]
        assert run_all(left_open, gpus_of_task, None, [0]) == [0]
    finally:
        nodes.kill("third")


def gpus_of_task(shared: None, item: int) -> int:
    return len(ray.get_gpu_ids())
