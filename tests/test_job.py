"""`make submit`: the pipeline as a job on a cluster that asks for a token, with an MLflow server and a DVC remote."""

import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.chaos import TINY
from tests.clone import DVC, clone, run
from tests.two_nodes import BIN, TwoNodes, free_port, outside


@pytest.fixture
def mlflow(tmp_path):
    """The URI of a server of its own."""
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [str(BIN / "mlflow"), "server", "--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db",
         "--artifacts-destination", str(tmp_path / "artifacts"), "--host", "127.0.0.1", "--port", str(port),
         "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=outside())
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{uri}/health", timeout=1)
            break
        except OSError:
            time.sleep(0.5)
    yield uri
    server.terminate()
    server.wait(timeout=20)


def test_a_submitted_experiment_runs_and_its_results_come_back(tmp_path, mlflow):
    checkout = clone(tmp_path / "checkout", {"dfc"}, **TINY)
    elsewhere = clone(tmp_path / "elsewhere", {"dfc"}, **TINY)
    with TwoNodes() as cluster:
        environment = {**cluster.environment, "DVC_REMOTE_URL": str(tmp_path / "remote"), "MLFLOW_TRACKING_URI": mlflow}
        said = run(checkout, "make", "--silent", "--old-file", f"{BIN.parent}/.ready", f"VENV={BIN.parent}", "submit",
                   "RUN=exp run -S loss.layers=relu2_1,relu3_1 -S train.epochs=2 train@dfc",
                   environment=environment)
        job, = set(re.findall(r"raysubmit_\w+", said))
        listed = run(checkout, str(BIN / "ray"), "job", "status", job, environment=environment)
    assert "SUCCEEDED" in listed or "succeeded" in listed
    assert "Traceback" not in said

    brought = run(elsewhere, sys.executable, "-m", "pipeline.cluster_job", "results", job, environment=environment)
    assert f"as job {job} left it" in brought
    assert (elsewhere / "models/dfc/model.safetensors").stat().st_size > 1e6
    assert '"VAE-23"' in (elsewhere / "plan/dfc.json").read_text()
    assert json.loads((elsewhere / "metrics/train/dfc.json").read_text())["loss"] > 0
    assert "Running stage" not in run(elsewhere, DVC, "repro", "--dry", "train@dfc", environment=environment)

    import mlflow as client  # the run is in the server, and says which commit it was
    connection = client.MlflowClient(mlflow)
    trained, = connection.search_runs([connection.get_experiment_by_name("face-vae").experiment_id])
    assert trained.data.tags["git_commit"] == run(checkout, "git", "rev-parse", "HEAD").strip()
    assert trained.info.status == "FINISHED" and trained.data.params["loss.layers"] == "relu2_1,relu3_1"


def test_without_a_remote_nothing_is_submitted(tmp_path):
    folder = clone(tmp_path / "checkout", {"dfc"}, **TINY)
    for environment, missing in (({}, "DVC_REMOTE_URL"), ({"DVC_REMOTE_URL": "/r"}, "MLFLOW_TRACKING_URI")):
        said = run(folder, sys.executable, "-m", "pipeline.cluster_job", "environment", ok=False,
                   environment=environment)
        assert said.startswith(f"error: {missing} is not set") and "Traceback" not in said
