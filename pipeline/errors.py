"""Errors that a user can act on: one sentence, no traceback."""

import contextlib
import difflib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# Parameters of params.yaml that had another name before version 0.2.0.
RENAMED = {"kl_images": "kl_scale", "steps": "updates_per_step", "multi_view": "view_gains"}


class InputError(ValueError):
    """Something that the user gave is wrong. The message is one sentence: what is wrong, where, and what to do."""


def experiment_copy_hint(remedy: str) -> str:
    """Explain that a file is missing because DVC runs the experiment in a copy of the project.

    `dvc exp run --temp` and `--queue` copy only Git's files into a temporary folder and run there.

    Args:
        remedy: What the user can do then, as in "add it to Git".

    Returns:
        Words for the end of a sentence about the missing file, or "" outside such a copy.
    """
    project = os.environ.get("DVC_ROOT")
    if not project or Path(project).resolve() == Path.cwd().resolve():
        return ""
    return f" (an experiment with --temp or --queue runs in a copy that has only Git's files: {remedy})"


@contextlib.contextmanager
def exit_on_input_error() -> Iterator[None]:
    """End the process with an `InputError`'s sentence and exit status 1, without a traceback.

    Raises:
        SystemExit: On an `InputError`, or on Ctrl-C. Other errors keep their traceback.
    """
    try:
        yield
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; run `dvc repro` again to go on")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean X?" for the known name that is nearest to `name`, or "" if none is near.

    A parameter that was renamed has its new name instead.
    """
    known = list(known)
    if RENAMED.get(str(name)) in known:
        return f"; it is called {RENAMED[str(name)]} now"
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""
