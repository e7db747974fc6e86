"""Copies of local files in `cluster.storage`, where all nodes of a cluster can read them."""

import os
from pathlib import Path

from pipeline.files.folder import Folder
from pipeline.workspace.project import in_project


def upload_for_all_nodes(local: str | Path, storage: str, name: str, last: str, below: str = "") -> Folder:
    """Return a folder in which all nodes see the files of a local folder, or one local file.

    That is the local folder if `storage` is a relative path. If it is a URL or an absolute path, the files are copied
    to `storage`/`name`, unless a complete copy is there.

    Args:
        local: the folder or file.
        storage: cluster.storage.
        name: the name of the copy.
        last: the file that is copied last. A copy that has it is complete.
        below: the part of the folder that is copied; "" for all of it.
    """
    local = Path(local).absolute()  # does not follow a link into DVC's cache
    if "://" not in storage and not os.path.isabs(storage):
        return Folder(str(local if local.is_dir() else local.parent))
    copy = in_project(storage) / name
    if not copy.has(last):
        if local.is_dir():
            copy.copy_missing_files_from(local, last, below)
        else:
            copy.write(last, local.read_bytes())
    return copy
