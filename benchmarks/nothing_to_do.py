"""Row: `dvc repro` where everything is up to date."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import Row, compare, left_out

NAME = "dvc repro, nothing to do"


def nothing_to_do_row(rounds: int) -> Row:
    """Return the row: seconds of `dvc repro`, and of `dvc --version`, which is DVC's start alone."""
    if importlib.util.find_spec("dvc") is None:
        return left_out(NAME, "DVC is not installed")
    own = Path(sys.executable).with_name("dvc")  # the project's, which knows its own spelling of lists
    command = [str(own)] if own.is_file() else [sys.executable, "-m", "dvc"]

    def dvc(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=check)

    if dvc("status", "-q", check=False).returncode:  # `dvc repro` would start what is left to do
        return left_out(NAME, "this working tree is not reproduced; run `make repro` before")
    return compare(NAME, 1, lambda: dvc("repro"), lambda: dvc("--version"), rounds, "times/s",
                   note="plain: `dvc --version`, which is DVC's start alone")
