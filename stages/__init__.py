"""One file per stage of dvc.yaml."""

import ctypes
import os
import signal
import sys

# Threads that wait for each other sleep instead of spinning. This is as fast alone, and several times faster beside
# other work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A stage ends with its parent, however that is killed; otherwise it would go on to write beside the next run. Its
# parent is the `dvc` that runs it, since dvc.yaml says `exec`.
if sys.platform == "linux" and "DVC_STAGE" in os.environ:
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
