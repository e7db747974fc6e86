"""By what a result was made: records/<stage>.json or records/<stage>/<variant>.json. Nothing depends on them.

A result does not run again because of another interpreter, other packages or another processor; the report says where
results differ in them.
"""

import hashlib
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.hardware import processor
from pipeline.json_file import read_json, write_json
from pipeline.workspace import file_of_stage, stage_of_file

FOLDER = Path("records")
LOCK = Path("requirements.lock")
SPEED = ("seconds", "images_per_second")  # of a training or of one of its epochs


def write_record(stage: str, variant: str | None = None, **more: Any) -> None:
    """Record the machine on which this process runs, which on a cluster is the driver's, and what else `more` says."""
    write_json(path_of(stage, variant), {**machine(), **more})


def read_record(stage: str, variant: str | None = None) -> dict[str, Any]:
    """What was recorded of a stage. Raises InputError where that is missing."""
    path = path_of(stage, variant)
    if not path.is_file():
        raise InputError(f"{path} is missing; run `dvc pull {path}` if the result came from elsewhere, or `dvc repro`")
    return read_json(path)


def of_all(variants: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """Of each stage that has a record its name ("report", "train@dfc") and the machine; of variants, those named."""
    found, known = [], machine().keys()
    for path in sorted(FOLDER.rglob("*.json")):
        if path.parent == FOLDER or path.stem in variants:
            record = read_json(path)
            found.append((stage_of_file(FOLDER, path), {key: record[key] for key in known}))
    return found


def path_of(stage: str, variant: str | None = None) -> Path:
    """Where a stage's record lies."""
    return file_of_stage(FOLDER, stage, variant)


def machine() -> dict[str, str]:
    """Python's version, the packages as the first digits of the lock's sha256, and the processor."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12] if LOCK.is_file() else "unknown"
    return {"python": platform.python_version(), "requirements.lock": lock, "processor": processor()}
