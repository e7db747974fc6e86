"""Runs of one training: each has a folder of its own for its checkpoints, below that of its configuration.

    <storage>/<variant>-<key>/<run>/step-00000100.pt       key: of all that the run depends on (`training.inputs`)

Several may be under way at once: two experiments, two clones with one storage, two jobs. A run goes on from the newest
checkpoint of all of them, which it copies. It deletes its own alone. `pipeline.leftovers` lists what killed runs leave.
A working tree remembers its runs (`own_runs`), and so goes on with the same one after an interruption.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.storage import Folder
from pipeline.training import checkpoints, own_runs
from pipeline.training.own_runs import FINISHED, OWNER
from pipeline.workspace import project_root

ATTEMPTS = 5              # at copying a checkpoint, which its own run may delete meanwhile


class Run(NamedTuple):
    """One run of a training. name: 32 hexadecimal digits, also in MLflow, as the tag `training`."""

    name: str
    configuration: Folder       # with the folders of all its runs
    continued_from: str = ""    # the name of the run whose checkpoint it took over

    @property
    def folder(self) -> Folder:
        """Of its checkpoints."""
        return self.configuration / self.name


def begin(storage: Folder, configuration: str, recorded: str) -> Run:
    """The run of this working tree: the one that was interrupted, or a new one.

    configuration: the name of its folder, <variant>-<key>.
    recorded: what dvc.lock says of the stage (`workspace.recorded`). A run that is complete, but that DVC was killed
        before it could record, is not trained again.

    Call `own_runs.delete_recorded_runs` before.
    """
    name = dict(own_runs.remembered()).get(configuration, "")
    if not name or not own_runs.is_own(storage / configuration / name):
        name = uuid.uuid4().hex
        own_runs.remember(configuration, name)
        (storage / configuration / name).write(OWNER, (json.dumps(own_runs.owner(), indent=1) + "\n").encode())
    other = copy_newest_checkpoint(storage / configuration, name, recorded)
    return Run(name, storage / configuration, other)


def end_and_delete_earlier_checkpoints(run: Run, recorded: str) -> None:
    """Note that a run is complete, and keep its last checkpoint alone, until DVC has recorded it.

    In a temporary copy of the project, as DVC makes one for an experiment, nobody would ever come back for that
    checkpoint: there the run's folder is deleted.
    """
    if Path.cwd().resolve() != project_root():
        run.folder.remove()
        run.configuration.remove_if_empty()
        return
    for name in checkpoints.written(run.folder)[:-1]:
        run.folder.remove(name)
    run.folder.write(FINISHED, recorded.encode())


def copy_newest_checkpoint(configuration: Folder, own: str, recorded: str) -> str:
    """Copy the newest valid checkpoint of all runs into the run `own`, unless its own is as new; whose it was, or "".

    Runs that are complete are left out where DVC has recorded one since they began: then training is wanted once more.
    """
    for _ in range(ATTEMPTS):
        step = newest_step(configuration / own)
        for other, name in candidates(configuration, own, recorded):
            if checkpoints.step_of(name) <= step:
                return ""
            try:
                content = (configuration / other).read(name)
            except OSError:
                if (configuration / other).has(name):
                    raise
                break  # its run has written a newer one and deleted this one: look again
            if checkpoints.loaded(content, configuration / other / name) is not None:
                (configuration / own).write(name, content)
                print(f"training goes on from {configuration / other / name}, a checkpoint of another run of the same "
                      "configuration", file=sys.stderr)
                return other
        else:
            return ""
    print(f"warning: the checkpoints of other runs in {configuration} change faster than they can be copied; training "
          "goes on without them", file=sys.stderr)
    return ""


def candidates(configuration: Folder, own: str, recorded: str) -> Iterator[tuple[str, str]]:
    """Run and checkpoint, the newest first, of all runs but `own`."""
    others = [other for other in configuration.folders()
              if other != own and not own_runs.is_recorded(configuration / other, recorded)]
    found = [(other, name) for other in others for name in checkpoints.written(configuration / other)]
    yield from sorted(found, key=lambda pair: (pair[1], pair[0]), reverse=True)


def newest_step(folder: Folder) -> int:
    """Of the newest checkpoint that can be read; 0 without one."""
    saved = checkpoints.load_newest(folder)
    return saved["step"] if saved else 0
