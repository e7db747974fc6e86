"""What DVC has recorded of a stage."""

import json

from pipeline.files.yaml_file import parse_yaml
from pipeline.paths import DVC_LOCK


def dvc_lock_entry(stage: str) -> str:
    """Return the entry of a stage in dvc.lock, as JSON; "" if there is none.

    The entry changes when DVC has finished a run of the stage.
    """
    stages = (parse_yaml(DVC_LOCK.read_text()) or {}).get("stages") or {} if DVC_LOCK.is_file() else {}
    return json.dumps(stages[stage]) if stage in stages else ""
