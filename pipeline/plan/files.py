"""Files that parameters name: data/none stands for none, since DVC depends on every file that a parameter names."""

from pathlib import Path

from pipeline.config.fields import NO_FILE
from pipeline.errors import InputError, experiment_copy_hint


def given_file(path: str) -> str | None:
    """Return the path that a parameter names, or None where it names no file."""
    return None if path == NO_FILE else path


def check_file(parameter: str, path: str, what: str) -> None:
    """Raise InputError unless the file that a parameter names exists. what: its contents, in words."""
    if Path(path).is_dir():
        raise InputError(f"params.yaml: {parameter} is {path}, which is a folder; give the file of {what}, or "
                         f"{NO_FILE} for none")
    if not Path(path).is_file():
        raise InputError(f"params.yaml: {parameter} is {path}, which does not exist; give the file of {what}, or "
                         f"{NO_FILE} for none{experiment_copy_hint('give an absolute path')}")
