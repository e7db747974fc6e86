"""Connecting to a cluster, or starting Ray on this machine; to a real cluster in test_two_nodes.py and test_job.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cluster import connection
from pipeline.cluster.connection import cluster_address, connected_to_ray
from pipeline.errors import InputError

PROJECT = Path(__file__).resolve().parents[2]
CONNECT = """
import sys
from pipeline.cluster.connection import connected_to_ray
from pipeline.config.running import Cluster
from pipeline.errors import exit_on_input_error
cluster = Cluster(address=None, workers=1, gpus_per_worker=0, storage="", checkpoint_steps=1, processes=0, retries=0)
with exit_on_input_error(), connected_to_ray(cluster):
    print("connected")
"""


def test_the_address_is_the_parameter_or_rays_own_variable(cluster, monkeypatch):
    assert cluster_address(cluster) is None
    monkeypatch.setenv("RAY_ADDRESS", "from-ray:1")
    assert cluster_address(cluster) == "from-ray:1"
    assert cluster_address(cluster.model_copy(update={"address": "mine:2"})) == "mine:2"


@pytest.mark.parametrize(("error", "sentence"), [
    (ConnectionError("timed out\nwith details"), "no Ray cluster answers at .* check cluster.address"),
    (RuntimeError("Version mismatch:\n  Ray: 2.1\n  Python: 3.9"), "cannot be used from here: .* Python: 3.9;"),
])
def test_errors_of_ray_become_one_sentence(cluster, monkeypatch, error, sentence):
    """Two errors that only another cluster shows."""
    import ray

    def refuse(**options):
        raise error

    monkeypatch.setattr(ray, "init", refuse)
    elsewhere = cluster.model_copy(update={"address": "auto"})
    with pytest.raises(InputError, match=sentence) as raised, connected_to_ray(elsewhere):
        pass
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("usable", "told"), [(os.cpu_count(), None), (0, 0)])
def test_ray_here_has_the_cores_that_this_process_may_use(cluster, monkeypatch, usable, told):
    """Slurm or `taskset` may leave it fewer than Ray would count."""
    import ray

    given = {}
    monkeypatch.setattr(connection, "usable_cores", lambda: usable)
    monkeypatch.setattr(ray, "init", lambda **options: given.update(options))
    with connected_to_ray(cluster):
        assert given["num_cpus"] == told and given["address"] == "local"


@pytest.mark.parametrize("home", ["a file", "a folder that cannot be made"])
def test_a_home_that_cannot_hold_rays_token_is_one_sentence(tmp_path, home):
    """Tests may run as root, who can write everywhere: so the home is a file, or below one."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / ("" if home == "a file" else "home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run([sys.executable, "-c", CONNECT], cwd=PROJECT, text=True, capture_output=True, timeout=200,
                          env={**environment, "HOME": str(path)})
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        f"error: Ray cannot keep its token in {path}/.ray/auth_token (Not a directory); set HOME to a folder that can "
        "be written, or RAY_AUTH_TOKEN to a token")
    assert "Traceback" not in done.stderr


def test_an_error_of_the_system_that_is_not_about_the_token_stays_what_it_is(cluster, monkeypatch):
    import ray

    def fail(**options):
        raise PermissionError(13, "Permission denied", "/tmp/ray")

    monkeypatch.setattr(ray, "init", fail)
    with pytest.raises(PermissionError), connected_to_ray(cluster):
        pass
