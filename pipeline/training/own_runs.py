"""The runs of trainings that this working tree remembers, and deleting those that are complete.

Knows no torch, which takes seconds to load.
"""

import json
import socket
from pathlib import Path

from pipeline.files.atomic import PART
from pipeline.files.folder import Folder

REMEMBERED = Path(".dvc/tmp/trainings")  # in the working tree: a file per configuration, which names its run
OWNER = "run.json"        # in a run's folder: the host and folder where it was begun
FINISHED = "finished"     # in a complete run's folder: the stage's entry in dvc.lock when the run began


def remembered(tree: Path = Path(".")) -> list[tuple[str, str]]:
    """Return the configuration and the name of each run that a working tree remembers."""
    runs = [(memory.name, memory.read_text()) for memory in sorted((tree / REMEMBERED).glob("*"))
            if memory.suffix != PART]
    return [(configuration, run) for configuration, run in runs if run]


def remember(configuration: str, run: str) -> None:
    """Remember a run, so that this working tree goes on with it after an interruption."""
    Folder.of(REMEMBERED).write(configuration, run.encode())


def owner() -> dict[str, str]:
    """Return what identifies this working tree: host and folder."""
    return {"host": socket.gethostname(), "folder": str(Path.cwd())}


def is_own(folder: Folder) -> bool:
    """Return True if a run was begun here. A copied checkout also remembers the runs of its original."""
    return folder.has(OWNER) and json.loads(folder.read(OWNER)) == owner()


def is_recorded(folder: Folder, lock_entry: str) -> bool:
    """Return True if a run is complete, and DVC has recorded it, or another run, since it began.

    Args:
        folder: of the run.
        lock_entry: the stage's entry in dvc.lock now (`workspace.dvc_lock`); "" if there is none.
    """
    return bool(lock_entry) and folder.has(FINISHED) and folder.read(FINISHED).decode() != lock_entry


def delete_complete_runs(storage: Folder, variant: str, lock_entry: str, wanted: str = "") -> None:
    """Delete this working tree's complete runs of a variant that DVC has recorded, or that are not wanted any more.

    Args:
        storage: cluster.storage.
        variant: its name.
        lock_entry: the entry of the variant's training in dvc.lock now.
        wanted: a configuration, <variant>-<key>. If given, runs of other configurations are deleted too, although DVC
            has not recorded them.
    """
    for configuration, run in remembered():
        folder = storage / configuration / run
        if configuration.rpartition("-")[0] != variant or not folder.has(FINISHED) or not is_own(folder):
            continue
        if is_recorded(folder, lock_entry) or (wanted and configuration != wanted):
            folder.delete()
            (storage / configuration).delete_if_empty()
            (REMEMBERED / configuration).unlink(missing_ok=True)
