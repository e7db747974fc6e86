"""Runs of one training. The checkpoints of each lie in its own folder, below that of its configuration.

    <storage>/<variant>-<key>/<run>/step-00000100.pt       key: of all that the run depends on (`training.inputs`)

Several runs may be under way at once: two experiments, two clones with one storage, two jobs. A run goes on from the
newest checkpoint of all of them, which it copies. It deletes only its own. `pipeline.leftovers` lists what killed runs
leave. A working tree remembers its runs (`own_runs`), and so goes on with the same one after an interruption.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.files.folder import Folder
from pipeline.training import checkpoints, own_runs
from pipeline.training.own_runs import FINISHED, OWNER
from pipeline.workspace.project import project_root

ATTEMPTS = 5  # at copying a checkpoint, which its own run may delete meanwhile


class Run(NamedTuple):
    """One run of a training."""

    name: str                   # 32 hexadecimal digits; in MLflow it is the tag `training`
    configuration: Folder       # with the folders of all its runs
    continued_from: str = ""    # the name of the run whose checkpoint it took over

    @property
    def folder(self) -> Folder:
        """The folder of its checkpoints."""
        return self.configuration / self.name


def begin_or_resume_run(storage: Folder, configuration: str, lock_entry: str) -> Run:
    """Return the run of this working tree: the one that was interrupted, or a new one.

    A run that is complete is returned again if DVC was killed before it could record it. It is not trained again.
    `own_runs.delete_complete_runs` has to be called before.

    Args:
        storage: cluster.storage.
        configuration: the name of its folder, <variant>-<key>.
        lock_entry: the stage's entry in dvc.lock (`workspace.dvc_lock`).
    """
    name = dict(own_runs.remembered()).get(configuration, "")
    if not name or not own_runs.is_own(storage / configuration / name):
        name = uuid.uuid4().hex
        own_runs.remember(configuration, name)
        (storage / configuration / name).write(OWNER, (json.dumps(own_runs.owner(), indent=1) + "\n").encode())
    other = copy_newest_checkpoint(storage / configuration, name, lock_entry)
    return Run(name, storage / configuration, other)


def end_and_delete_earlier_checkpoints(run: Run, lock_entry: str) -> None:
    """Note that a run is complete, and delete all its checkpoints but the last, which stays until DVC has recorded it.

    In a temporary copy of the project, such as DVC makes for an experiment, nobody would come back for that checkpoint.
    There the run's folder is deleted.

    Args:
        run: the run.
        lock_entry: the stage's entry in dvc.lock when the run began.
    """
    if Path.cwd().resolve() != project_root():
        run.folder.delete()
        run.configuration.delete_if_empty()
        return
    for name in checkpoints.checkpoint_names(run.folder)[:-1]:
        run.folder.delete(name)
    run.folder.write(FINISHED, lock_entry.encode())


def copy_newest_checkpoint(configuration: Folder, own: str, lock_entry: str) -> str:
    """Copy the newest readable checkpoint of all runs into the run `own`, unless that has one as new.

    Complete runs are left out if DVC has recorded one since they began: then a new training is wanted.

    Returns:
        The name of the run whose checkpoint was copied, or "".
    """
    for _ in range(ATTEMPTS):
        step = newest_step(configuration / own)
        for other, name in checkpoints_of_others(configuration, own, lock_entry):
            if checkpoints.step_of(name) <= step:
                return ""
            try:
                content = (configuration / other).read(name)
            except OSError:
                if (configuration / other).has(name):
                    raise
                break  # its run has written a newer one and deleted this one: look again
            if checkpoints.parse_checkpoint(content, configuration / other / name) is not None:
                (configuration / own).write(name, content)
                print(f"training goes on from {configuration / other / name}, a checkpoint of another run of the same "
                      "configuration", file=sys.stderr)
                return other
        else:
            return ""
    print(f"warning: the checkpoints of other runs in {configuration} change faster than they can be copied; training "
          "goes on without them", file=sys.stderr)
    return ""


def checkpoints_of_others(configuration: Folder, own: str, lock_entry: str) -> Iterator[tuple[str, str]]:
    """Yield run and checkpoint, the newest first, of all runs but `own`."""
    others = [other for other in configuration.folders()
              if other != own and not own_runs.is_recorded(configuration / other, lock_entry)]
    pairs = [(other, name) for other in others for name in checkpoints.checkpoint_names(configuration / other)]
    yield from sorted(pairs, key=lambda pair: (pair[1], pair[0]), reverse=True)


def newest_step(folder: Folder) -> int:
    """Return the step of the newest readable checkpoint; 0 if there is none."""
    saved = checkpoints.read_newest_checkpoint(folder)
    return saved["step"] if saved else 0
