"""The files for a Ray cluster, as far as they can be checked without one."""

import copy
import importlib.util
import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE, CLUSTER, RAYJOB = (DEPLOY / name for name in ("Dockerfile", "cluster.yaml", "rayjob.yaml"))


def locked(package: str, lock: Path = ROOT / "requirements.lock") -> str:
    return re.search(rf"^{re.escape(package)}==(\S+)", lock.read_text(), re.MULTILINE)[1]


def steps(shell: str) -> list[str]:
    """The `pip install` commands of environment.sh or the Dockerfile, without what differs between the two."""
    shell = re.sub(r"^#.*$", "", shell.replace("\\\n", " "), flags=re.MULTILINE)
    installs = re.findall(r"pip install [^&\n]*", shell)
    differing = r'"|\$VENV/bin/| --(quiet|no-cache\S*|python \S+)| -r requirements-s3\.lock'
    return [re.sub(differing, "", " ".join(line.split())) for line in installs]


def overrides(command: str) -> dict[str, str]:
    """The -S of a command."""
    pairs = itertools.pairwise(shlex.split(command))
    return dict(value.split("=", 1) for option, value in pairs if option == "-S")


def commented(file: Path) -> str:
    """The comment at a file's head, without its marks."""
    lines = file.read_text().splitlines()
    head = lines[:next(number for number, line in enumerate(lines) if not line.startswith("#"))]
    return "\n".join(line.removeprefix("#").strip() for line in head).replace("\\\n", " ")


@pytest.fixture(scope="module")
def params() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "params.yaml").read_text())


@pytest.fixture(scope="module")
def cluster() -> dict[str, Any]:
    """cluster.yaml as `ray up` completes it, before it asks AWS for anything."""
    from ray.autoscaler._private.util import prepare_config

    return prepare_config(yaml.safe_load(CLUSTER.read_text()))


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    return yaml.safe_load(RAYJOB.read_text())


@pytest.fixture(scope="module")
def submitted(job) -> list[str]:
    """The commands that run the pipeline: the manifest's, and the one that cluster.yaml's head names."""
    return [job["spec"]["entrypoint"], re.search(r"-- (python -m .*)", commented(CLUSTER))[1]]


@pytest.mark.parametrize("file", [DOCKERFILE, CLUSTER, RAYJOB], ids=lambda file: file.name)
def test_ray_is_the_locked_one(file):
    text = file.read_text()
    assert set(re.findall(r"(?:ray-|rayVersion: )(\d+\.\d+\.\d+)", text)) == {locked("ray")}


def test_the_image_has_what_make_installs():
    """The same commands in the same order, but for the project itself: its code comes with each job."""
    made = steps((ROOT / "environment.sh").read_text())
    assert made[-1].endswith("--editable .")
    assert steps(DOCKERFILE.read_text()) == made[:-1]


def test_the_image_has_the_python_of_the_lock():
    base = re.search(r"^FROM python:(\d+\.\d+)-slim$", DOCKERFILE.read_text(), re.MULTILINE)[1]
    assert f"set -- python{base} " in (ROOT / "environment.sh").read_text()  # what make takes first
    assert all((ROOT / name).is_file() for name in re.search(r"^COPY (.*) \./$", DOCKERFILE.read_text(),
                                                           re.MULTILINE)[1].split())


def test_the_packages_for_s3_fit_the_lock():
    """They add to it and replace nothing; s3fs asks for the very fsspec of its own version."""
    ours, added = ({line.split("==")[0] for line in path.read_text().splitlines() if "==" in line}
                   for path in (ROOT / "requirements.lock", DEPLOY / "requirements-s3.lock"))
    assert added >= {"boto3", "dvc-s3", "s3fs"} and not added & ours
    assert locked("s3fs", DEPLOY / "requirements-s3.lock") == locked("fsspec")
    assert "smart-open" in ours  # by which Ray fetches a job's code


def test_ray_accepts_the_cluster(cluster):
    from ray.autoscaler._private.util import validate_config

    validate_config(cluster)


def test_ray_refuses_a_misspelt_cluster(cluster):
    import jsonschema
    from ray.autoscaler._private.util import validate_config

    with pytest.raises(jsonschema.ValidationError, match="max_worker"):
        validate_config({**cluster, "max_worker": 4})
    wrong = copy.deepcopy(cluster)
    wrong["available_node_types"]["gpu"]["min_workers"] = "none"
    with pytest.raises(jsonschema.ValidationError, match="none"):
        validate_config(wrong)


def test_nodes_of_the_cluster_install_no_ray_of_their_own(cluster):
    """Ray's defaults, which a file that leaves these out gets, install a nightly build."""
    assert cluster["head_setup_commands"] == cluster["worker_setup_commands"] == []
    assert all("pip" not in command for command in cluster["initialization_commands"])


def test_the_cluster_asks_for_a_token(cluster):
    assert "--env RAY_AUTH_MODE=token" in cluster["docker"]["run_options"]
    token, = cluster["file_mounts"]
    assert cluster["file_mounts"][token] == "~/.ray/auth_token"
    assert f"--env RAY_AUTH_TOKEN_PATH={token}" in cluster["docker"]["run_options"]
    assert "--dashboard-host=127.0.0.1" in cluster["head_start_ray_commands"][-1]  # reached through SSH alone


def test_the_job_is_a_rayjob(job):
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["rayClusterSpec"]["authOptions"] == {"mode": "token"}
    assert isinstance(spec["rayClusterSpec"]["rayVersion"], str)
    head, worker = spec["rayClusterSpec"]["headGroupSpec"], spec["rayClusterSpec"]["workerGroupSpecs"][0]
    containers = [group["template"]["spec"]["containers"][0] for group in (head, worker)]
    assert len({container["image"] for container in containers}) == 1
    assert all(container["resources"]["limits"] == container["resources"]["requests"] for container in containers)
    assert all({"cpu", "memory"} <= container["resources"]["limits"].keys() for container in containers)
    assert "nvidia.com/gpu" in containers[1]["resources"]["limits"]
    assert worker["minReplicas"] <= worker["replicas"] <= worker["maxReplicas"]


def test_ray_accepts_the_jobs_environment(job):
    """Also: the zip is one of a scheme and a name that Ray takes, and every variable is text."""
    from ray.runtime_env import RuntimeEnv

    environment = RuntimeEnv(**yaml.safe_load(job["spec"]["runtimeEnvYAML"]))
    assert environment["working_dir"].endswith(".zip")
    assert environment["working_dir"].split("/")[-1].removesuffix(".zip") == environment["env_vars"]["GIT_COMMIT"]


def test_variables_of_the_job_are_read_by_something(job):
    sources = "".join(path.read_text() for path in (ROOT / "pipeline").rglob("*.py"))
    for name in yaml.safe_load(job["spec"]["runtimeEnvYAML"])["env_vars"]:
        assert name in sources, name
        assert name in commented(CLUSTER)


def test_commands_run_a_module_that_exists(submitted):
    for command in submitted:
        words = shlex.split(command)
        assert words[:2] == ["python", "-m"] and importlib.util.find_spec(words[2]), command


def test_commands_set_parameters_that_exist(submitted, params):
    for command in submitted:
        assert overrides(command)
        for name in overrides(command):
            value = params
            for key in name.split("."):
                assert key in value, name
                value = value[key]


def test_workers_asked_for_can_be_had(submitted, job, cluster):
    group = job["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]
    pod = int(group["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"])
    for command, nodes in zip(submitted, (group["maxReplicas"], cluster["max_workers"]), strict=True):
        settings = overrides(command)
        assert int(settings["cluster.gpus_per_worker"]) <= pod
        assert int(settings["cluster.workers"]) <= nodes
        assert "://" in settings["cluster.storage"]
