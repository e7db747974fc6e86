"""One file per stage of dvc.yaml."""

import os

from pipeline.process import end_with_parent

# Threads that wait for each other spin for some 100 µs, and then sleep. To sleep at once takes 1.5 times as long on a
# training step of small tensors, whose threads wait some hundred times; and to spin for longer, torch's default, takes
# several times as long beside other work. The count is for GNU's OpenMP, which torch brings on Linux. It would take the
# place of a policy that the user has set, so then it is left out.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# A stage ends with its parent, however that is killed; otherwise it would go on to write beside the next run. Its
# parent is the `dvc` that runs it, since dvc.yaml says `exec`.
if "DVC_STAGE" in os.environ:
    end_with_parent()
