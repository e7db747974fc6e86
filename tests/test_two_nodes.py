"""A real cluster of two nodes: work is spread over both and survives a lost worker, training is that of one process."""

import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import ray
import torch

from pipeline.cluster import each
from pipeline.config import load_params
from pipeline.data import shards
from pipeline.data.celeba import open_celeba
from pipeline.data.prepare import prepare
from pipeline.evaluation import svm
from pipeline.losses.build import build_objective
from pipeline.storage import Folder
from pipeline.training import ray_train
from tests import tiny
from tests.data.conftest import draw_celeba
from tests.two_nodes import TwoNodes, kill


@pytest.fixture(scope="module")
def nodes():
    with pytest.MonkeyPatch.context() as patched, TwoNodes(token=False) as nodes:
        for name, value in nodes.environment.items():
            patched.setenv(name, value)
        yield nodes


@pytest.fixture
def cluster(nodes):
    return load_params(tiny.PARAMS).cluster.model_copy(update={"address": nodes.address, "workers": 2, "retries": 3})


def where(shared: str, item: int) -> tuple[str, str]:
    """Takes a moment, so that one node cannot do everything."""
    time.sleep(0.5)
    return shared * item, ray.get_runtime_context().get_node_id()


def test_tasks_run_on_both_nodes_and_come_in_order(cluster):
    results = list(each(where, "x", range(8), cluster))
    assert [text for text, _ in results] == ["x" * item for item in range(8)]
    assert len({node for _, node in results}) == 2


def count(folder: str, item: int) -> int:
    """Leaves a file for each time that it is called."""
    Path(folder, f"{item}-{os.getpid()}-{time.time_ns()}").touch()
    time.sleep(1.5)
    return item


def test_a_lost_worker_loses_its_own_task_alone(cluster, nodes, tmp_path):
    def shoot():
        while len(list(tmp_path.iterdir())) < 3:
            time.sleep(0.05)
        time.sleep(0.3)
        kill(nodes.workers("count")[0])

    threading.Thread(target=shoot, daemon=True).start()
    assert list(each(count, str(tmp_path), range(6), cluster)) == list(range(6))
    times = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert len(times) == 7 and len(set(times)) == 6  # one of them twice


def test_a_lost_node_loses_its_own_tasks_alone(cluster, nodes, tmp_path):
    def shoot():
        while len(list(tmp_path.iterdir())) < 4:
            time.sleep(0.05)
        nodes.replace("second")

    shooter = threading.Thread(target=shoot)
    shooter.start()
    assert list(each(count, str(tmp_path), range(8), cluster)) == list(range(8))
    shooter.join()
    times = [path.name.split("-")[0] for path in tmp_path.iterdir()]
    assert 8 < len(times) <= 10 and len(set(times)) == 8


def test_shards_and_svms_are_those_of_one_process(cluster, tmp_path, monkeypatch):
    from pipeline.data import prepare as module

    monkeypatch.setattr(module, "PART_ROWS", 4)
    celeba = open_celeba(draw_celeba(tmp_path / "celeba", images=20))
    for name, given in (("here", None), ("spread", cluster)):
        prepare(celeba, tmp_path / name, 16, processes=1, progress=False, cluster=given)
    here, spread = ({path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
                    for name in ("here", "spread"))
    assert here == spread and len(here) > 20
    random = np.random.default_rng(0)
    x = random.standard_normal((300, 8)).astype(np.float32)
    y = x[:, :1] + random.standard_normal((300, 40)) > 0
    sets, splits = {"all": np.arange(8), "half": np.arange(4)}, np.repeat(["train", "valid", "test"], 100)
    arguments = x, sets, y, splits, [0.1, 1.0]
    alone, shared = svm.evaluate_sets(*arguments), svm.evaluate_sets(*arguments, cluster=cluster)
    for name, rows in alone.items():
        assert shared[name].equals(rows)


# With this seed no activation comes so near to LeakyReLU's kink that rounding decides on which side it is. One in four
# has such a one in these six steps, and then a term differs by up to 1e-2.
VARIANT = tiny.variant("vae_wgan", epochs=3).model_copy(update={"seed": 5})
STEPS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Shards of a few faces, and a loss network."""
    folder, images = tmp_path_factory.mktemp("training"), {"train": 16, "valid": 4}
    for split, number in images.items():
        ids = np.array([f"{split}-{row}.jpg" for row in range(number)])
        shards.write_part(folder / "shards", "aligned", split, 0, ids, tiny.faces(number, seed=len(split)),
                          np.zeros((number, 40), bool), np.zeros((number, 5, 2), np.int16), about={})
    (folder / "shards" / shards.MANIFEST).write_text(
        json.dumps({"image_size": tiny.SIZE, "views": ["aligned"], "images": images}))
    tiny.write_loss_network(folder / ray_train.LOSS_NETWORK)
    return folder


def job(folder: Path, name: str) -> ray_train.Job:
    return ray_train.Job(VARIANT, Folder.of(folder / "shards"), Folder.of(folder), Folder.of(folder / name), 1,
                         lambda rows: time.sleep(0.5), lambda row: None)


@pytest.fixture(scope="module")
def trained(folder, nodes):
    """What two workers train undisturbed, and on which nodes they were."""
    cluster = load_params(tiny.PARAMS).cluster.model_copy(update={"address": nodes.address, "workers": 2})
    seen = set()

    def look():
        while len(seen) < 2 and not (folder / "two" / f"step-{STEPS:08}.pt").exists():
            seen.update(map(nodes.node_of, nodes.workers("RayTrainWorker")))
            time.sleep(0.1)

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    result = ray_train.fit(job(folder, "two"), cluster)
    watch.join()
    return *result, seen


def test_two_workers_one_on_each_node_are_one(folder, trained):
    """Against this process, in float32: every term at every step to 1e-3 of it, the weights to 1e-3 of what training
    has moved them. Both are mostly equal to 1e-6; sums are rounded in another order."""
    shared, two, seen = trained
    assert seen == {"head", "second"}
    alone, one = ray_train.fit(job(folder, "one"), load_params(tiny.PARAMS).cluster)
    assert len(one.steps) == len(two.steps) == STEPS
    for expected, found in zip([*one.steps, *one.epochs], [*two.steps, *two.epochs], strict=True):
        assert found.keys() == expected.keys()
        for term in expected.keys() - {"seconds", "images_per_second"}:
            assert found[term] == pytest.approx(expected[term], rel=1e-3, abs=1e-5), (term, expected["step"])
    initial = build_objective(VARIANT, folder / ray_train.LOSS_NETWORK).model.state_dict()
    moved, apart = (sum((alone[name].double() - other[name].double()).square().sum().item() for name in alone) ** 0.5
                    for other in (initial, shared))
    assert apart < 1e-3 * moved


def test_a_killed_training_worker_changes_nothing(folder, trained, cluster, nodes, capfd):
    def shoot():
        while not (folder / "killed" / "step-00000003.pt").exists():
            time.sleep(0.02)
        kill(nodes.workers("RayTrainWorker")[0])

    killer = threading.Thread(target=shoot, daemon=True)
    killer.start()
    weights, history = ray_train.fit(job(folder, "killed"), cluster)
    assert not killer.is_alive()
    expected, undisturbed, _ = trained
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert history.steps == undisturbed.steps
