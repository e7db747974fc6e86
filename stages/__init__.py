"""One file per stage of dvc.yaml."""

import os

# Threads that wait for each other sleep instead of spinning: as fast alone, several times faster beside other work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
