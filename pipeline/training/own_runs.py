"""The runs of trainings that this working tree remembers, and deleting those of them that are complete.

Knows no torch, which takes seconds to load.
"""

import json
import socket
from pathlib import Path

from pipeline.storage import Folder

REMEMBERED = Path(".dvc/tmp/trainings")  # of this working tree: a file for each configuration, which names its run
OWNER = "run.json"        # in a run's folder: where it was begun
FINISHED = "finished"     # in a complete run's folder: what DVC had recorded of the stage when it began


def remembered(tree: Path = Path(".")) -> list[tuple[str, str]]:
    """Configuration and run of all that a working tree remembers."""
    found = [(memory.name, memory.read_text()) for memory in sorted((tree / REMEMBERED).glob("*"))
             if memory.suffix != ".part"]
    return [(configuration, run) for configuration, run in found if run]


def remember(configuration: str, run: str) -> None:
    """Let this working tree go on with a run after an interruption."""
    Folder.of(REMEMBERED).write(configuration, run.encode())


def owner() -> dict[str, str]:
    """Who begins a run here: host and folder."""
    return {"host": socket.gethostname(), "folder": str(Path.cwd())}


def is_own(folder: Folder) -> bool:
    """Whether a run was begun here. A copied checkout remembers the runs of the one that it is a copy of."""
    return folder.has(OWNER) and json.loads(folder.read(OWNER)) == owner()


def is_recorded(folder: Folder, recorded: str) -> bool:
    """Whether a run is complete, and DVC has recorded it, or another, since it began.

    recorded: what dvc.lock says of the stage now (`workspace.recorded`); "" where it says nothing.
    """
    return bool(recorded) and folder.has(FINISHED) and folder.read(FINISHED).decode() != recorded


def delete_recorded_runs(storage: Folder, variant: str, recorded: str, wanted: str = "") -> None:
    """Delete this working tree's complete runs of a variant that DVC has recorded.

    wanted: a configuration, <variant>-<key>: then also those that it has not recorded, of other configurations.
    """
    for configuration, run in remembered():
        folder = storage / configuration / run
        if configuration.rpartition("-")[0] != variant or not folder.has(FINISHED) or not is_own(folder):
            continue
        if is_recorded(folder, recorded) or wanted and configuration != wanted:
            folder.remove()
            (storage / configuration).remove_if_empty()
            (REMEMBERED / configuration).unlink(missing_ok=True)
