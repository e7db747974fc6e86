"""Errors that a user can act on: one sentence, no traceback."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


class InputError(ValueError):
    """Something the user gave is wrong. The message is one sentence: what, where, and what to do."""


def in_a_copy(remedy: str) -> str:
    """Words for the end of a sentence about a file that is missing, where DVC's temporary copy of the project explains
    it (--temp, --queue); else "". remedy: what to do then."""
    project = os.environ.get("DVC_ROOT")
    if not project or Path(project).resolve() == Path.cwd().resolve():
        return ""
    return f" (an experiment with --temp or --queue runs in a copy that has Git's files alone: {remedy})"


@contextlib.contextmanager
def one_sentence() -> Iterator[None]:
    """End the process with the sentence of an `InputError` and exit status 1, without a traceback."""
    try:
        yield
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; run `dvc repro` again to go on")
