"""Folders in which an interrupted run keeps its work until the next one."""

import shutil
from pathlib import Path

from pipeline.files.atomic import PART


def delete_siblings_and_partial_files(folder: Path) -> Path:
    """Delete siblings and partial files; return the folder.

    Abandoned runs have left the siblings. A killed run has left partial files in the folder, which is to become an
    output. The folder itself need not exist.
    """
    for sibling in folder.parent.iterdir() if folder.parent.is_dir() else ():
        if sibling != folder:
            shutil.rmtree(sibling, ignore_errors=True)
    for partial in folder.rglob(f"*{PART}"):
        partial.unlink()
    return folder
