"""Checkpoints from which an interrupted run goes on: written atomically, the newest two kept.

They lie outside the pipeline's outputs, since DVC empties those before a stage runs. Each run has a folder of its own
(`runs`).
"""

import io
import pickle
import re
import sys
from typing import Any

import torch

from pipeline.files.folder import Folder

NAME = re.compile(r"step-(\d{8})\.pt")


def write_checkpoint_and_delete_others(directory: Folder, step: int, state: dict[str, Any], keep: int = 2) -> str:
    """Write `state` as the checkpoint after `step` steps, then delete all but the newest `keep`.

    Also deletes checkpoints of later steps. They are unreadable, or training would have gone on from there.

    Returns:
        The checkpoint's name.
    """
    name, file = f"step-{step:08d}.pt", io.BytesIO()
    torch.save(state, file)
    directory.write(name, file.getbuffer())
    names = checkpoint_names(directory)
    kept = [other for other in names if other <= name][-keep:]
    for other in names:
        if other not in kept:
            directory.delete(other)
    return name


def checkpoint_names(directory: Folder) -> list[str]:
    """Return the names of complete checkpoints, oldest first."""
    return [name for name in directory.names() if NAME.fullmatch(name)]


def read_newest_checkpoint(directory: Folder) -> dict[str, Any] | None:
    """Return the state of the newest readable checkpoint, its tensors on the CPU; None if there is none.

    Raises:
        OSError: the storage fails, which says nothing about the checkpoint.
    """
    for name in reversed(checkpoint_names(directory)):
        state = parse_checkpoint(directory.read(name), directory / name)
        if state is not None:
            return state
    return None


def parse_checkpoint(content: bytes, location: Folder) -> dict[str, Any] | None:
    """Return the state in a checkpoint's bytes, its tensors on the CPU; None if they are damaged, with a warning.

    Args:
        content: the checkpoint's bytes.
        location: the checkpoint, for the warning.
    """
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError, OSError) as error:
        print(f"warning: {location} is damaged ({type(error).__name__}); the one before it is taken, or training "
              "starts anew", file=sys.stderr)
        return None


def step_of(name: str) -> int:
    """Return the step of a checkpoint from its name."""
    match = NAME.fullmatch(name)
    assert match, f"{name} is no checkpoint"
    return int(match[1])
