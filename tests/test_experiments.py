"""Experiments as DVC offers them: two of a queue at once. Real processes."""

import shutil
import time
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from tests.chaos import TINY
from tests.clone import clone, dvc, run

SECTIONS = {**TINY, "data": {"synthetic_images": 120}, "train": {**TINY["train"], "epochs": 2}}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = clone(tmp_path_factory.mktemp("experiments") / "project", {"dfc"}, **SECTIONS)
    (folder / "dvc.lock").unlink()  # it names results that are not here
    shutil.rmtree(folder / "metrics")
    dvc(folder, "repro", "loss_networks")
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "-qm", "until training")
    return folder


def test_two_of_a_queue_train_one_configuration_at_once(project):
    for name, images in (("thirty", 30), ("twenty", 20)):
        dvc(project, "exp", "run", "--queue", "-n", name, "-S", "train.seed=1", "-S", f"sampling.images={images}",
            "train@dfc")
    dvc(project, "queue", "start", "-j", "2")
    end = time.monotonic() + 300
    while (status := dvc(project, "queue", "status")).count("Success") < 2:
        assert "Failed" not in status and time.monotonic() < end, status + dvc(project, "queue", "logs", "thirty")
        time.sleep(1)

    client = MlflowClient(f"sqlite:///{project}/mlflow.db")  # both have made it at the same moment
    found = client.search_runs([client.get_experiment_by_name("face-vae").experiment_id])
    assert {found.data.tags["experiment"]: found.info.status for found in found} == {
        "thirty": "FINISHED", "twenty": "FINISHED"}
    assert len({found.data.tags["training"] for found in found}) == 2
    assert not list((project / ".checkpoints").glob("dfc-*"))  # neither has left anything

    made = [outs_of(project, name) for name in ("thirty", "twenty")]
    assert made[0]["models/dfc"] == made[1]["models/dfc"] and made[0]["training/dfc"] == made[1]["training/dfc"]
    assert made[0]["records/train/dfc.json"] != made[1]["records/train/dfc.json"]  # the name of the run is in it


def outs_of(project: Path, experiment: str) -> dict[str, str]:
    """What DVC has recorded of an experiment's training: output → md5."""
    commit, = run(project, "git", "for-each-ref", "--format=%(objectname)", f"refs/exps/**/{experiment}").split()
    lock = yaml.safe_load(run(project, "git", "show", f"{commit}:dvc.lock"))
    return {out["path"]: out["md5"] for out in lock["stages"]["train@dfc"]["outs"]}
