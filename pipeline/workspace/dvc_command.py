"""`dvc` in this project's environment: DVC itself, after four things that it does not do.

Lists on the command line may be written as people write them (`dvc_arguments`), a dvc.lock that DVC left half written
is replaced by the last whole one (`dvc_lock_copy`), the workers of a queue share the cores (`queue_cores`), and Python
keeps its bytecode. Every other call goes through untouched.
"""

import os
import sys
from pathlib import Path

from pipeline.workspace.dvc_arguments import NAMES_A_FILE, null_file, with_lists
from pipeline.workspace.dvc_lock_copy import keep_lock_whole
from pipeline.workspace.queue_cores import share_cores


def main() -> int:
    """Run the console script `dvc`, and return its exit status."""
    # Containers often tell Python to keep no bytecode. Then each stage would compile its packages anew, for 1 to 2 s.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Stages call `python`; without an activated environment that would be another one.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    share_cores(sys.argv[1:], os.environ)
    from dvc.cli import main as dvc

    keep_lock_whole()
    if name := null_file(sys.argv[1:]):
        print(f"error: params.yaml: {name} is null, but DVC makes stages depend on the file that it names, and takes "
              f"no null there; set it to {NAMES_A_FILE[name]} where there is none", file=sys.stderr)
        return 1
    return dvc(with_lists(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
