"""Errors that a user can act on: one sentence, no traceback."""

import contextlib
import sys
from collections.abc import Iterator


class InputError(ValueError):
    """Something the user gave is wrong. The message is one sentence: what, where, and what to do."""


@contextlib.contextmanager
def one_sentence() -> Iterator[None]:
    """End the process with the sentence of an `InputError` and exit status 1, without a traceback."""
    try:
        yield
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; run `dvc repro` again to go on")
