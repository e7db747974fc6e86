"""A job's run: DVC in a copy of a checkout, and its results pushed to the remote."""

import os
import shutil
import sys
from pathlib import Path

from pipeline import paths
from pipeline.cluster.job.delivery import (
    DELIVERED,
    REMOTE,
    delivery_folder,
    dvc,
    job_name,
    remote_url,
    upload_delivered_files,
)
from pipeline.files.folder import Folder
from pipeline.messages import without_password
from pipeline.workspace import git

GIT_REMOTE = "origin"  # Git's name for GIT_REMOTE_URL


def run(arguments: list[str]) -> int:
    """Run DVC, push the results, and return DVC's exit status.

    Stages whose results the remote has are not run again. Results of a run that failed are pushed too.
    """
    location = remote_url()
    Folder(location).check_reachable()  # now, not when all is done
    os.environ.pop("OMP_NUM_THREADS", None)  # Ray's 1 is meant for its tasks; the stages have this node's cores
    make_repository()
    dvc("config", "--local", "core.analytics", "false")
    dvc("remote", "add", "--local", "--force", "--default", REMOTE, location)
    status = dvc(*with_pull(arguments), check=False)
    push_status = dvc("push", "--run-cache", check=False)
    job = job_name()
    upload_delivered_files(delivery_folder(job))
    if push_status:
        print(f"error: not all results could be pushed to {location}", file=sys.stderr)
    elif not status:
        print(f"results are in {location}; in a checkout: DVC_REMOTE_URL={location} "
              f"python -m pipeline.cluster.job results {job}")
        if os.environ.get("GIT_REMOTE_URL") and arguments[:1] != ["repro"]:
            push_status = push_experiment(os.environ["GIT_REMOTE_URL"])
    return status or push_status


def with_pull(arguments: list[str]) -> list[str]:
    """Return `repro` or `exp run` with --pull, so that what the remote has results of is not computed again."""
    command = 2 if arguments[:1] in (["exp"], ["experiments"]) else 1
    return [*arguments[:command], "--pull", *arguments[command:]]


def make_repository() -> None:
    """Make a Git repository, which DVC's experiments need: Ray leaves .git behind. In a checkout do nothing.

    With GIT_REMOTE_URL it is a repository of that remote at the commit of the checkout, so that an experiment builds on
    that commit. Without, it is a new one.
    """
    if Path(".git").exists():
        return
    delete_results_of_checkout()
    git.output("init", "--quiet")
    if os.environ.get("GIT_REMOTE_URL"):
        git.output("remote", "add", GIT_REMOTE, os.environ["GIT_REMOTE_URL"])
        git.output("fetch", "--quiet", GIT_REMOTE)
        git.output("reset", "--quiet", os.environ.get("GIT_COMMIT", "FETCH_HEAD"))  # the files stay as they were sent
    else:
        git.output("add", "--all")
        git.output("-c", "user.name=job", "-c", "user.email=job@localhost", "commit", "--quiet", "-m",
                   f"files of {os.environ.get('GIT_COMMIT', 'a checkout')}")


def delete_results_of_checkout() -> None:
    """Delete dvc.lock and metrics of the checkout.

    Their data is not here, and perhaps not in the remote either. DVC finds what the remote has results of by what it
    depends on (the run cache), not by dvc.lock.
    """
    for name in DELIVERED:
        if name != str(paths.PARAMS):
            shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(missing_ok=True)


def push_experiment(url: str) -> int:
    """Push the job's experiment to the Git remote, and return DVC's exit status.

    The files of the experiment are in DVC's remote already.
    """
    status, shown_url = dvc("exp", "push", "--no-cache", url, check=False), without_password(url)
    if status:
        print(f"error: the experiment could not be pushed to {shown_url}", file=sys.stderr)
    else:
        print(f"the experiment is in {shown_url}; in a checkout: `dvc exp list {shown_url}` names it, "
              f"`dvc exp pull {shown_url} NAME` brings it")
    return status
