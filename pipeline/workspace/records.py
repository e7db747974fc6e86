"""Records of what made a result: records/<stage>.json or records/<stage>/<variant>.json.

No stage depends on them but track, on those of trainings: MLflow gets each training, also one that gave the same model.

A result does not run again because of another interpreter, other packages or another processor. The report says which
results differ in them.
"""

import hashlib
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files.json_file import read_json, write_json
from pipeline.hardware.processor import processor_name
from pipeline.paths import RECORDS, of_stage, stage_of

REQUIREMENTS = Path("requirements.lock")
SPEED = ("seconds", "images_per_second")  # of a training or of one of its epochs


def write_record(stage: str, variant: str | None = None, **more: Any) -> None:
    """Record the machine on which this process runs, and `more`. On a cluster it is the driver's machine."""
    write_json(of_stage(RECORDS, stage, variant), {**machine(), **more})


def read_record(stage: str, variant: str | None = None) -> dict[str, Any]:
    """Return the record of a stage.

    Raises:
        InputError: there is no record.
    """
    path = of_stage(RECORDS, stage, variant)
    if not path.is_file():
        raise InputError(f"{path} is missing; run `dvc pull {path}` if the result came from elsewhere, or `dvc repro`")
    return read_json(path)


def machines_by_stage(variants: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """Return each stage that has a record ("report", "train@dfc") with its machine.

    Args:
        variants: names of variants; records of others are left out.
    """
    machines, names, known = [], machine().keys(), set(variants)
    for path in sorted(RECORDS.rglob("*.json")):
        if path.parent == RECORDS or path.stem in known:
            record = read_json(path)
            machines.append((stage_of(RECORDS, path), {name: record[name] for name in names}))
    return machines


def machine() -> dict[str, str]:
    """Return Python's version, the first digits of the sha256 of requirements.lock, and the processor."""
    packages = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12] if REQUIREMENTS.is_file() else "unknown"
    return {"python": platform.python_version(), "requirements.lock": packages, "processor": processor_name()}
