"""Fetching a job's results into a checkout."""

import shutil

from pipeline import paths
from pipeline.cluster.job.delivery import DELIVERED, REMOTE, delivery_folder, dvc, remote_url
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.files.yaml_file import parse_yaml
from pipeline.workspace import git


def fetch_results(job: str) -> int:
    """Replace dvc.lock, params.yaml and metrics of this working tree by a job's, and `dvc pull` all else.

    Returns:
        The exit status of `dvc pull`.

    Raises:
        InputError: the job has no results, or files here are not committed and would be overwritten.
    """
    folder = delivery_folder(job)
    names = folder.names()
    if str(paths.DVC_LOCK) not in names:
        raise InputError(f"{folder} has no results; check the job's name (`ray job list`) and DVC_REMOTE_URL")
    changed = git.output("status", "--porcelain", "--", *DELIVERED)
    if changed:
        raise InputError(f"{', '.join(line[3:] for line in changed.splitlines())}: changed here and not committed, and "
                         "the job's results would overwrite it; commit it, or put it away with `git stash`")
    files = {name: folder.read(name) for name in names}
    shutil.rmtree(paths.METRICS, ignore_errors=True)  # of variants that the job did not have
    for name, content in files.items():
        Folder(".").write(name, content)
    dvc("remote", "add", "--local", "--force", REMOTE, remote_url())
    stages = parse_yaml(paths.DVC_LOCK.read_text())["stages"]  # those that have run, perhaps not all
    status = dvc("pull", "--remote", REMOTE, *stages, check=False)
    if not status:
        print(f"the working tree is as job {job} left it; see report/index.html")
    return status
