"""The project's own folder, also seen from a temporary copy in which DVC runs an experiment."""

import os
from pathlib import Path

from pipeline.files.folder import Folder


def project_root() -> Path:
    """Return the project's own folder.

    DVC names it in DVC_ROOT, also for a stage that runs in a temporary copy. Without DVC it is the current folder.
    """
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()


def in_project(path: str) -> Folder:
    """Return a relative path in the project's own folder. Absolute paths and URLs stay as they are."""
    return Folder(path if "://" in path else str(project_root() / path))
