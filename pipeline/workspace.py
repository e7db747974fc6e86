"""Where a run's lasting things lie: the project itself, also for experiments that DVC runs in a temporary copy."""

import os
from pathlib import Path


def project_root() -> Path:
    """The project's own folder. DVC names it in DVC_ROOT, also to a stage in a temporary copy; else the current one."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()


def lasting(path: str) -> str:
    """A relative path as an absolute one in the project's own folder; URLs and absolute paths as they are."""
    return path if "://" in path else str(project_root() / path)
