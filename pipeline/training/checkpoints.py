"""Checkpoints by which an interrupted run goes on: written atomically, the newest two kept.

They lie outside the pipeline's outputs (DVC empties those before a stage runs), in a folder of the run's own (`runs`).
"""

import io
import pickle
import re
import sys
from typing import Any

import torch

from pipeline.storage import Folder

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
        state = loaded(directory.read(name), directory / name)
        if state is not None:
            return state
    return None


def loaded(content: bytes, where: Folder) -> dict[str, Any] | None:
    """The state in a checkpoint's bytes, tensors on the CPU; None, and a warning, where they are damaged."""
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError, OSError) as error:
        print(f"warning: {where} is damaged ({type(error).__name__}); the one before it is taken, or training starts "
              "anew", file=sys.stderr)
        return None


def step_of(name: str) -> int:
    """The step of a checkpoint, by its file's name."""
    return int(NAME.fullmatch(name)[1])
