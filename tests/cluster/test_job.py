"""The pipeline as a job on a cluster that asks for a token, with an MLflow server and a DVC remote."""

import json
import re
import secrets
import shutil
import sys

import pytest
import yaml

from tests import chaos
from tests.clone import DVC, PROJECT, clone, run
from tests.mlflow_server import Server
from tests.two_nodes import BIN, TwoNodes

pytestmark = pytest.mark.slow

TINY = {**chaos.TINY, "data": {"synthetic_images": 60, "image_size": 32}}


@pytest.fixture
def mlflow(tmp_path):
    """Start an MLflow server, and yield its URI."""
    server = Server(tmp_path)
    server.start()
    try:
        server.wait()
        yield server.uri
    finally:
        server.kill()


@pytest.fixture(scope="module")
def cluster():
    with TwoNodes() as cluster:
        yield cluster


def test_a_submitted_experiment_runs_and_its_results_come_back(tmp_path, mlflow, cluster):
    checkout = clone(tmp_path / "checkout", {"dfc"}, **TINY)
    elsewhere = clone(tmp_path / "elsewhere", {"dfc"}, **TINY)
    shared = str(tmp_path / "shared.git")
    run(checkout, "git", "init", "-q", "--bare", shared)
    run(checkout, "git", "push", "-q", shared, "HEAD:main")
    environment = {**cluster.environment, "DVC_REMOTE_URL": str(tmp_path / "remote"), "MLFLOW_TRACKING_URI": mlflow,
                   "GIT_REMOTE_URL": shared}
    said = run(checkout, "make", "--silent", "--old-file", f"{BIN.parent}/.ready", f"VENV={BIN.parent}", "submit",
               "RUN=exp run -S loss.layers=relu2_1,relu3_1 -S train.epochs=2 -S tracking.live_after=0 train@dfc",
               environment=environment)
    job, = set(re.findall(r"raysubmit_\w+", said))
    listed = run(checkout, str(BIN / "ray"), "job", "status", job, environment=environment)
    assert "SUCCEEDED" in listed or "succeeded" in listed
    assert "Traceback" not in said

    brought = run(elsewhere, sys.executable, "-m", "pipeline.cluster.job", "results", job, environment=environment)
    assert f"as job {job} left it" in brought
    assert (elsewhere / "models/dfc/model.safetensors").stat().st_size > 1e6
    assert '"VAE-23"' in (elsewhere / "plan/pipeline/report.json").read_text()
    assert json.loads((elsewhere / "metrics/train/dfc.json").read_text())["loss"] > 0
    assert "Running stage" not in run(elsewhere, DVC, "repro", "--dry", "train@dfc", environment=environment)
    again = run(elsewhere, sys.executable, "-m", "pipeline.cluster.job", "results", job, ok=False,
                environment=environment)
    assert "params.yaml" in again and "changed here and not committed" in again  # what it brought, and what one edits

    name, = run(checkout, DVC, "exp", "list", "--name-only", shared).split()  # and as DVC's experiment
    run(checkout, DVC, "exp", "pull", "--no-cache", shared, name)
    assert "relu2_1" in run(checkout, DVC, "params", "diff", name, "HEAD")

    import mlflow as client  # the run is in the server, and says which commit it was
    connection = client.MlflowClient(mlflow)
    trained, = connection.search_runs([connection.get_experiment_by_name("face-vae").experiment_id])
    assert trained.data.tags["git_commit"] == run(checkout, "git", "rev-parse", "HEAD").strip()
    assert trained.info.status == "FINISHED" and trained.data.params["loss.layers"] == "relu2_1,relu3_1"


def test_a_failed_job_has_an_exit_status_and_its_results_come_back(tmp_path):
    """In a copy without .git, as in a job, but without Ray. `plan` succeeds; `dataset` finds no CelebA."""
    copy, elsewhere = (clone(tmp_path / name, {"dfc"}, **TINY) for name in ("copy", "elsewhere"))
    shutil.rmtree(copy / ".git")
    environment = {"DVC_REMOTE_URL": str(tmp_path / "remote"),
                   "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}
    said = run(copy, sys.executable, "-m", "pipeline.cluster.job", "exp", "run", "-S", "data.source=celeba",
               "-S", "loss.layers=relu2_1,relu3_1", ok=False, environment=environment)
    assert "failed to reproduce 'dataset'" in said
    assert "results are in" not in said and "Traceback" not in said
    run(elsewhere, sys.executable, "-m", "pipeline.cluster.job", "results", "without-ray", environment=environment)
    assert '"VAE-23"' in (elsewhere / "plan/pipeline/report.json").read_text()
    params, lock = (yaml.safe_load((elsewhere / name).read_text()) for name in ("params.yaml", "dvc.lock"))
    assert params["data"]["source"] == "celeba" and set(lock["stages"]) == {"plan"}


CONNECT = """
import sys
from pipeline.cluster.connection import connected_to_ray
from pipeline.config.loading import load_params
from pipeline.errors import exit_on_input_error
cluster = load_params("params.yaml").cluster.model_copy(update={"address": sys.argv[1]})
with exit_on_input_error(), connected_to_ray(cluster):
    print("connected")
"""


def test_another_token_is_refused_in_one_sentence(cluster):
    command = sys.executable, "-c", CONNECT, cluster.address
    assert run(PROJECT, *command, environment=cluster.environment) == "connected\n"
    said = run(PROJECT, *command, ok=False,
               environment={**cluster.environment, "RAY_AUTH_TOKEN": secrets.token_hex(16)})
    rays_own = re.compile(r"\[\d{4}-\d\d-\d\d .*\] \w+\.(cc|h):\d+: ")  # its C++ logs each try
    line, = (line for line in said.splitlines() if not rays_own.match(line))
    assert line.startswith(f"error: the Ray cluster at {cluster.address} refused this machine's token; set ")
    assert "Traceback" not in said


def test_without_a_remote_or_a_server_there_is_no_environment(tmp_path):
    folder = clone(tmp_path / "checkout", {"dfc"}, **TINY)
    for environment, missing in (({}, "DVC_REMOTE_URL"), ({"DVC_REMOTE_URL": "/r"}, "MLFLOW_TRACKING_URI")):
        said = run(folder, sys.executable, "-m", "pipeline.cluster.job", "environment", ok=False,
                   environment=environment)
        assert said.startswith(f"error: {missing} is not set") and "Traceback" not in said


def test_a_commit_that_the_git_remote_lacks_is_refused(tmp_path):
    folder, empty = clone(tmp_path / "checkout", {"dfc"}, **TINY), str(tmp_path / "empty.git")
    run(folder, "git", "init", "-q", "--bare", empty)
    environment = {"DVC_REMOTE_URL": str(tmp_path / "remote"), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    said = run(folder, sys.executable, "-m", "pipeline.cluster.job", "environment", ok=False,
               environment={**environment, "GIT_REMOTE_URL": empty})
    assert "but no branch of it has this checkout's commit" in said and "Traceback" not in said


def test_a_git_remote_with_more_than_this_checkout_has_its_commit(tmp_path):
    folder = clone(tmp_path / "checkout", {"dfc"}, **TINY)
    shared, other = str(tmp_path / "shared.git"), tmp_path / "other"
    run(folder, "git", "init", "-q", "--bare", shared)
    run(folder, "git", "push", "-q", shared, "HEAD:main")
    run(folder, "git", "clone", "-q", "-b", "main", shared, str(other))
    run(other, "git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "theirs")
    run(other, "git", "push", "-q", "origin", "main")
    environment = {"DVC_REMOTE_URL": str(tmp_path / "remote"), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    said = run(folder, sys.executable, "-m", "pipeline.cluster.job", "environment",
               environment={**environment, "GIT_REMOTE_URL": shared})
    assert json.loads(said)["env_vars"]["GIT_REMOTE_URL"] == shared
