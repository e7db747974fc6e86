"""One file per stage of dvc.yaml."""

import ctypes
import os
import signal
import sys

# Threads that wait for each other sleep instead of spinning: as fast alone, several times faster beside other work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A stage ends with its parent, which is the `dvc` that runs it (dvc.yaml says `exec`), however that is killed; else it
# would write beside the next one.
if sys.platform == "linux" and "DVC_STAGE" in os.environ:
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
