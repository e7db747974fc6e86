"""The environment that a checkout passes on to a job."""

import json
import os
import subprocess

from pipeline.cluster.job.delivery import remote_url
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.messages import without_password
from pipeline.workspace import git

PASSED_ON = ("GIT_REMOTE_URL",
             "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN",
             "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
             "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION",
             "AZURE_STORAGE_CONNECTION_STRING")


def runtime_environment() -> str:
    """Return Ray's runtime environment for a job, as JSON.

    It has this checkout's commit, where results and MLflow's runs go, and the credentials for both.

    Raises:
        InputError: a variable is missing, the remote cannot be reached, or the Git remote does not have the commit.
    """
    commit = git.output("rev-parse", "HEAD")
    Folder(remote_url()).check_reachable()
    check_git_remote(commit)
    changed = {"GIT_CHANGED": "yes"} if git.is_changed() else {}
    variables = {"DVC_REMOTE_URL": remote_url(), "GIT_COMMIT": commit, **changed,
                 **{name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}}
    if "MLFLOW_TRACKING_URI" not in variables:
        raise InputError("MLFLOW_TRACKING_URI is not set; set it to an MLflow server that the cluster reaches, such as "
                         "http://host:5000: a database here, or in the job's folder, is of no use")
    return json.dumps({"env_vars": variables})


def check_git_remote(commit: str) -> None:
    """Raise InputError if GIT_REMOTE_URL is set and no branch of that remote has the commit."""
    url = os.environ.get("GIT_REMOTE_URL")
    if not url:
        return
    listed = subprocess.run(["git", "ls-remote", "--heads", url], capture_output=True, text=True)
    if listed.returncode:
        why = (listed.stderr.strip() or "no reason given").splitlines()[0]
        raise InputError(f"GIT_REMOTE_URL is {without_password(url)}, which Git cannot read ({why}); correct or unset "
                         "it")
    tips, branches = [line.split()[0] for line in listed.stdout.splitlines()], listed.stdout.split()[1::2]
    if branches:  # what others have pushed since is not here; no branch of this checkout is changed
        subprocess.run(["git", "fetch", "--quiet", "--no-tags", url, *branches], capture_output=True)
    holds = (["git", "merge-base", "--is-ancestor", commit, tip] for tip in tips)
    if all(subprocess.run(command, capture_output=True).returncode for command in holds):
        raise InputError(f"GIT_REMOTE_URL is {without_password(url)}, but no branch of it has this checkout's commit "
                         f"{commit[:7]}; push it there, or unset GIT_REMOTE_URL")
