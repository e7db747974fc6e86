"""Small JSON files, written atomically."""

import json
from pathlib import Path
from typing import Any

from pipeline.files.atomic import write_text


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, creating the folder."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """Return the value in a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
