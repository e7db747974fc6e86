"""Checkpoints by which an interrupted run goes on: written atomically, the newest two kept.

They lie outside the pipeline's outputs (DVC empties those before a stage runs), in a folder that is named after all
that the run depends on, so that a changed configuration never resumes from another's.
"""

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import torch

NAME = re.compile(r"step-(\d{8})\.pt")


def folder(storage: Path, name: str, *depends_on: str) -> Path:
    """storage/<name>-<digest of everything the run depends on>."""
    digest = hashlib.sha256("\n".join(depends_on).encode()).hexdigest()[:16]
    return storage / f"{name}-{digest}"


def save(directory: Path, step: int, state: dict[str, Any], keep: int = 2) -> Path:
    """Write `state` as the checkpoint after `step` steps, then delete all but the newest `keep`."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"step-{step:08d}.pt"
    temporary = path.with_suffix(".part")
    with open(temporary, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    for old in written(directory)[:-keep]:
        old.unlink(missing_ok=True)
    return path


def written(directory: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    return sorted(path for path in directory.glob("step-*.pt") if NAME.fullmatch(path.name))


def load_newest(directory: Path) -> dict[str, Any] | None:
    """State of the newest checkpoint, tensors on the CPU; None where there is none."""
    paths = written(directory)
    return torch.load(paths[-1], map_location="cpu", weights_only=True) if paths else None


def remove(directory: Path) -> None:
    """Delete the checkpoints of a run that is complete."""
    shutil.rmtree(directory, ignore_errors=True)
