"""The pipeline as a Ray job, in the copy of a checkout that `ray job submit --working-dir .` makes:

    python -m pipeline.cluster_job repro
    python -m pipeline.cluster_job exp run -S train.epochs=8       any command of DVC that runs stages
    python -m pipeline.cluster_job results JOB                     in a checkout, afterwards: what a job has made
    python -m pipeline.cluster_job environment                     in a checkout, before: what --runtime-env takes

Variables: DVC_REMOTE_URL, where results go to and come from (a path or URL that DVC knows as a remote);
MLFLOW_TRACKING_URI; GIT_COMMIT, of the checkout, for MLflow. And, if wanted, GIT_REMOTE_URL, a Git remote that has this
commit: a job's experiment is pushed there too, for `dvc exp pull`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from pipeline.errors import InputError, one_sentence
from pipeline.storage import Folder
from pipeline.tracking.live import shown
from pipeline.tracking.runs import is_changed

REMOTE, GIT_REMOTE = "results", "origin"  # DVC's name for DVC_REMOTE_URL, and Git's for GIT_REMOTE_URL
PASSED_ON = ("GIT_REMOTE_URL",
             "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN",
             "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
             "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION",
             "AZURE_STORAGE_CONNECTION_STRING")
DELIVERED = ("dvc.lock", "params.yaml", "metrics")  # what Git would hold; dvc.lock tells where all else is


def run(arguments: list[str]) -> int:
    """Run DVC with `arguments`, stages that the remote has results of excepted, and push results, also of a run that
    failed. DVC's exit status."""
    location = remote()
    Folder(location).check()  # now, not when all is done
    os.environ.pop("OMP_NUM_THREADS", None)  # Ray's 1 is meant for its tasks; the stages have this node's cores
    repository()
    dvc("config", "--local", "core.analytics", "false")
    dvc("remote", "add", "--local", "--force", "--default", REMOTE, location)
    status = dvc(*with_pull(arguments), check=False)
    pushed = dvc("push", "--run-cache", check=False)
    job = job_name()
    deliver(Folder(location) / "jobs" / job)
    if pushed:
        print(f"error: not all results could be pushed to {location}", file=sys.stderr)
    elif not status:
        print(f"results are in {location}; in a checkout: DVC_REMOTE_URL={location} "
              f"python -m pipeline.cluster_job results {job}")
        if os.environ.get("GIT_REMOTE_URL") and arguments[:1] != ["repro"]:
            pushed = push_experiment(os.environ["GIT_REMOTE_URL"])
    return status or pushed


def results(job: str) -> int:
    """Bring what a job has made into this working tree: dvc.lock, params.yaml, metrics, and by `dvc pull` all else.

    Raises InputError where that would overwrite what is not committed.
    """
    location = remote()
    folder = Folder(location) / "jobs" / job
    names = folder.names()
    if "dvc.lock" not in names:
        raise InputError(f"{folder} has no results; check the job's name (`ray job list`) and DVC_REMOTE_URL")
    changed = git("status", "--porcelain", "--", *DELIVERED)
    if changed:
        raise InputError(f"{', '.join(line[3:] for line in changed.splitlines())}: changed here and not committed, and "
                         "the job's results would overwrite it; commit it, or put it away with `git stash`")
    files = {name: folder.read(name) for name in names}
    shutil.rmtree("metrics", ignore_errors=True)  # of variants that the job did not have
    for name, content in files.items():
        Folder(".").write(name, content)
    dvc("remote", "add", "--local", "--force", REMOTE, location)
    made = yaml.safe_load(Path("dvc.lock").read_text())["stages"]  # perhaps not all stages
    status = dvc("pull", "--remote", REMOTE, *made, check=False)
    if not status:
        print(f"the working tree is as job {job} left it; see report/index.html")
    return status


def environment() -> str:
    """Ray's runtime environment for a job: this checkout's commit, and where results and MLflow's runs go."""
    commit = git("rev-parse", "HEAD")
    Folder(remote()).check()
    check_git_remote(commit)
    changed = {"GIT_CHANGED": "yes"} if is_changed() else {}
    found = {"DVC_REMOTE_URL": remote(), "GIT_COMMIT": commit, **changed,
             **{name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}}
    if "MLFLOW_TRACKING_URI" not in found:
        raise InputError("MLFLOW_TRACKING_URI is not set; set it to an MLflow server that the cluster reaches, such as "
                         "http://host:5000: a database here, or in the job's folder, is of no use")
    return json.dumps({"env_vars": found})


def git(*arguments: str) -> str:
    """What Git prints of this checkout. Raises InputError where it is none."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"`git {arguments[0]}` fails in {Path.cwd()} ({done.stderr.strip()}); run this in a checkout "
                         "of the project")
    return done.stdout.rstrip()


def remote() -> str:
    if not os.environ.get("DVC_REMOTE_URL"):
        raise InputError("DVC_REMOTE_URL is not set; set it to where results go, a path or URL that all see, such as "
                         "s3://bucket/dvc")
    return os.environ["DVC_REMOTE_URL"]


def job_name() -> str:
    """As Ray's dashboard and `ray job list` show it."""
    rays_own = json.loads(os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR") or "{}")
    return rays_own.get("metadata", {}).get("job_submission_id", "without-ray")


def forget_earlier_results() -> None:
    """Those of the checkout, whose data is not here, nor perhaps in this remote. What the remote has results of is
    found by what it depends on (DVC's run cache) and not by dvc.lock."""
    for name in DELIVERED:
        if name != "params.yaml":
            shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(missing_ok=True)


def repository() -> None:
    """Ray leaves .git behind, and DVC's experiments want one. In a checkout nothing is touched.

    With GIT_REMOTE_URL it is that remote's, at the commit of the checkout, so that an experiment is one of that commit.
    Else it is a new one.
    """
    if Path(".git").exists():
        return
    forget_earlier_results()
    git("init", "--quiet")
    if os.environ.get("GIT_REMOTE_URL"):
        git("remote", "add", GIT_REMOTE, os.environ["GIT_REMOTE_URL"])
        git("fetch", "--quiet", GIT_REMOTE)
        git("reset", "--quiet", os.environ.get("GIT_COMMIT", "FETCH_HEAD"))  # the files stay as they were sent
    else:
        git("add", "--all")
        git("-c", "user.name=job", "-c", "user.email=job@localhost", "commit", "--quiet", "-m",
            f"files of {os.environ.get('GIT_COMMIT', 'a checkout')}")


def push_experiment(url: str) -> int:
    """Push the job's experiment to the Git remote; the exit status of DVC. Its files are in DVC's remote already."""
    status = dvc("exp", "push", "--no-cache", url, check=False)
    if status:
        print(f"error: the experiment could not be pushed to {shown(url)}", file=sys.stderr)
    else:
        print(f"the experiment is in {shown(url)}; in a checkout: `dvc exp list {shown(url)}` names it, "
              f"`dvc exp pull {shown(url)} NAME` brings it")
    return status


def check_git_remote(commit: str) -> None:
    """InputError where GIT_REMOTE_URL is set, and no branch of that remote has the commit."""
    url = os.environ.get("GIT_REMOTE_URL")
    if not url:
        return
    listed = subprocess.run(["git", "ls-remote", "--heads", url], capture_output=True, text=True)
    if listed.returncode:
        why = (listed.stderr.strip() or "no reason given").splitlines()[0]
        raise InputError(f"GIT_REMOTE_URL is {shown(url)}, which Git cannot read ({why}); correct or unset it")
    tips, branches = [line.split()[0] for line in listed.stdout.splitlines()], listed.stdout.split()[1::2]
    if branches:  # what others have pushed since is not here; no branch of this checkout is changed
        subprocess.run(["git", "fetch", "--quiet", "--no-tags", url, *branches], capture_output=True)
    holds = (["git", "merge-base", "--is-ancestor", commit, tip] for tip in tips)
    if all(subprocess.run(command, capture_output=True).returncode for command in holds):
        raise InputError(f"GIT_REMOTE_URL is {shown(url)}, of which no branch has this checkout's commit {commit[:7]}; "
                         "push it there, or unset GIT_REMOTE_URL")


def with_pull(arguments: list[str]) -> list[str]:
    """`repro` and `exp run` with --pull: what the remote has results of is not computed again."""
    command = 2 if arguments[:1] in (["exp"], ["experiments"]) else 1
    return [*arguments[:command], "--pull", *arguments[command:]]


def dvc(*arguments: str, check: bool = True) -> int:
    """DVC as it is in this project's environment; its exit status. Raises InputError at any but 0 if `check`."""
    status = subprocess.run([sys.executable, "-m", "pipeline.dvc_command", *arguments]).returncode
    if status and check:
        raise InputError(f"`dvc {' '.join(arguments)}` has failed; see above")
    return status


def deliver(folder: Folder) -> None:
    for name in DELIVERED:
        for path in sorted(Path(name).rglob("*")) if Path(name).is_dir() else [Path(name)]:
            if path.is_file():
                folder.write(str(path), path.read_bytes())


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["results"] and len(arguments) == 2:
        return results(arguments[1])
    if arguments == ["environment"]:
        print(environment())
        return 0
    if arguments[:1] == ["repro"] or arguments[:2] == ["exp", "run"]:
        return run(arguments)
    print(__doc__)
    return 2


if __name__ == "__main__":
    with one_sentence():
        sys.exit(main(sys.argv[1:]))
