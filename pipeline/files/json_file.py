"""Small JSON files, written atomically."""

import json
import math
from pathlib import Path
from typing import Any

from pipeline.files.atomic import write_text


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, creating the folder. JSON has no NaN and no infinity: they become null."""
    write_text(path, json.dumps(with_null(value), indent=1, allow_nan=False) + "\n")


def with_null(value: Any) -> Any:
    """Return nested dicts and lists with None for each number that is NaN or infinite."""
    if isinstance(value, dict):
        return {name: with_null(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [with_null(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: Path) -> Any:
    """Return the value in a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
