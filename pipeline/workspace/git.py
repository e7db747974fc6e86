"""What Git says of the checkout, and of the commit on which a run builds."""

import os
import subprocess
from pathlib import Path

from pipeline.errors import InputError
from pipeline.workspace.project import project_root

CODE = ("params.yaml", "dvc.yaml", "pipeline", "stages")  # what a run's results depend on


def is_changed() -> bool:
    """Return True if params.yaml or the code differ from the commit.

    In a job there is no checkout: there GIT_CHANGED says whether the checkout that was submitted differed.
    """
    if os.environ.get("GIT_COMMIT"):
        return bool(os.environ.get("GIT_CHANGED"))
    return bool(output_or_nothing("status", "--porcelain", "--", *CODE))


def commit() -> str:
    """Return the commit on which a run builds, or "none".

    GIT_COMMIT names it in a job, and DVC_EXP_BASELINE_REV in an experiment of DVC's.
    """
    given = os.environ.get("GIT_COMMIT") or os.environ.get("DVC_EXP_BASELINE_REV")
    return given or output_or_nothing("rev-parse", "HEAD") or "none"


def output_or_nothing(*arguments: str) -> str:
    """Return what Git prints of the project, or "" if it fails."""
    done = subprocess.run(["git", *arguments], cwd=project_root(), capture_output=True, text=True)
    return "" if done.returncode else done.stdout.strip()


def output(*arguments: str) -> str:
    """Return what Git prints of the checkout in the current folder.

    Raises:
        InputError: Git fails, such as outside of a checkout.
    """
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"`git {arguments[0]}` fails in {Path.cwd()} ({done.stderr.strip()}); run this in a checkout "
                         "of the project")
    return done.stdout.rstrip()
