"""How a process of this project ends: with its parent, and at once when its work is done."""

import atexit
import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator

from pipeline.errors import exit_on_input_error


def end_with_parent() -> None:
    """Let the system kill this process when its parent ends, however that ends; Linux alone can."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def whole_process() -> Iterator[None]:
    """Run the block as all that this process does, and end the process behind it; see also `exit_on_input_error`.

    Python takes down every module at its end, which lasts nearly a second where torch is loaded. What others have asked
    for is done all the same: threads are waited for, exit functions are called, and output is flushed.

    Raises:
        SystemExit: On an `InputError`, or on Ctrl-C. Other errors keep their traceback.
    """
    with exit_on_input_error():
        yield
    threading._shutdown()  # type: ignore[attr-defined]  # these two are what Python does first at its end
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
