"""On PYTHONPATH this makes every Python write down which modules of this project it loads, as it loads them: into the
folder LOADED_MODULES, a file for each stage (DVC_STAGE) and process. Workers inherit both variables."""

import os
import sys

PACKAGES = ("pipeline", "stages")


class Recorder:
    """Stands first in sys.meta_path, finds nothing, and notes what is looked for."""

    def __init__(self, path: str):
        self.path = path

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name.partition(".")[0] in PACKAGES:
            with open(self.path, "a") as file:
                file.write(f"{name}\n")


if os.environ.get("LOADED_MODULES") and os.environ.get("DVC_STAGE"):
    stage = os.environ["DVC_STAGE"]
    sys.meta_path.insert(0, Recorder(os.path.join(os.environ["LOADED_MODULES"], f"{stage} {os.getpid()}")))
