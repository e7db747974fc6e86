"""Checkpoints by which an interrupted run goes on: written atomically, the newest two kept.

They lie outside the pipeline's outputs (DVC empties those before a stage runs), in a folder that is named after all
that the run depends on (`inputs`), so that a changed configuration never resumes from another's.
"""

import io
import pickle
import re
import sys
from typing import Any

import torch

from pipeline.storage import Folder

FINISHED = "finished"
NAME = re.compile(r"step-(\d{8})\.pt")


def save(directory: Folder, step: int, state: dict[str, Any], keep: int = 2) -> str:
    """Write `state` as the checkpoint after `step` steps, then delete all but the newest `keep`; its name.

    Those of later steps go too: they could not be read, or training would have gone on from there.
    """
    name, file = f"step-{step:08d}.pt", io.BytesIO()
    torch.save(state, file)
    directory.write(name, file.getbuffer())
    there = written(directory)
    kept = [other for other in there if other <= name][-keep:]
    for other in there:
        if other not in kept:
            directory.remove(other)
    return name


def written(directory: Folder) -> list[str]:
    """Names of complete checkpoints, oldest first."""
    return [name for name in directory.names() if NAME.fullmatch(name)]


def load_newest(directory: Folder) -> dict[str, Any] | None:
    """State of the newest checkpoint that can be read, tensors on the CPU; None where there is none.

    Raises OSError where the storage fails: that says nothing of the checkpoint.
    """
    for name in reversed(written(directory)):
        file = io.BytesIO(directory.read(name))
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError, OSError) as error:
            print(f"warning: {directory / name} is damaged ({type(error).__name__}); the one before it is taken, or "
                  "training starts anew", file=sys.stderr)
    return None


def finish(directory: Folder, recorded: str) -> None:
    """Note that a run is complete, and keep its last checkpoint alone, until `begin` sees that DVC knows of it.

    recorded: what DVC has recorded of the stage as yet.
    """
    for name in written(directory)[:-1]:
        directory.remove(name)
    directory.write(FINISHED, recorded.encode())


def begin(storage: Folder, directory: Folder, name: str, recorded: str) -> None:
    """Make way for a run of the variant `name`.

    Its own checkpoints are deleted if that run was complete, and DVC has since recorded it: then it is wanted once
    more. If DVC was killed before it could, they stay, and nothing is trained twice. What other complete runs of the
    variant have left is deleted.
    """
    for folder in storage.folders():
        other = storage / folder
        if folder.rpartition("-")[0] == name and other.has(FINISHED) and (
                other != directory or other.read(FINISHED).decode() != recorded):
            other.remove()
