"""What a job and a checkout share: DVC's remote, and the files in it that Git would hold."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError
from pipeline.files.folder import Folder

REMOTE = "results"  # DVC's name for DVC_REMOTE_URL
DELIVERED = (str(paths.DVC_LOCK), str(paths.PARAMS), str(paths.METRICS))  # dvc.lock tells where all else is


def remote_url() -> str:
    """Return DVC_REMOTE_URL.

    Raises:
        InputError: it is not set.
    """
    if not os.environ.get("DVC_REMOTE_URL"):
        raise InputError("DVC_REMOTE_URL is not set; set it to where results go, a path or URL that all see, such as "
                         "s3://bucket/dvc")
    return os.environ["DVC_REMOTE_URL"]


def delivery_folder(job: str) -> Folder:
    """Return the folder of the remote that holds the DELIVERED files of a job."""
    return Folder(remote_url()) / "jobs" / job


def job_name() -> str:
    """Return the job's name as Ray's dashboard and `ray job list` show it; "without-ray" outside of a job."""
    config = json.loads(os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR") or "{}")
    return config.get("metadata", {}).get("job_submission_id", "without-ray")


def upload_delivered_files(folder: Folder) -> None:
    """Upload the DELIVERED files of this checkout."""
    for name in DELIVERED:
        for path in sorted(Path(name).rglob("*")) if Path(name).is_dir() else [Path(name)]:
            if path.is_file():
                folder.write(str(path), path.read_bytes())


def dvc(*arguments: str, check: bool = True) -> int:
    """Run this project's `dvc`, and return its exit status.

    Raises:
        InputError: the status is not 0, and `check` is True.
    """
    status = subprocess.run([sys.executable, "-m", "pipeline.workspace.dvc_command", *arguments]).returncode
    if status and check:
        raise InputError(f"`dvc {' '.join(arguments)}` has failed; see above")
    return status
