"""Choose folders of the list, and delete them for good."""

import sys
import time
from collections.abc import Iterable

from pipeline.config.running import Tracking
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.leftovers.listing import FOREIGN, Leftover
from pipeline.leftovers.names import CONFIGURATION, RUN
from pipeline.leftovers.words import DAY
from pipeline.tracking.runs import find_run
from pipeline.tracking.store import client
from pipeline.tracking.waiting import retry_while_away
from pipeline.vocabulary import size_in_words


def choose_by_age(leftovers: Iterable[Leftover], days: float) -> list[Leftover]:
    """Return those of this project to which nothing was written for so many days, except what is needed here."""
    return [leftover for leftover in leftovers
            if not leftover.needed and leftover.what != FOREIGN and leftover.written
            and time.time() - leftover.written > days * DAY]


def choose_by_name(leftovers: Iterable[Leftover], names: Iterable[str]) -> list[Leftover]:
    """Return the leftovers with these names, also those that are needed here.

    Raises:
        InputError: A name is not in the list, or not of this project.
    """
    by_name = {leftover.name: leftover for leftover in leftovers}
    chosen = []
    for name in names:
        if name not in by_name:
            raise InputError(f"there is no {name} in the list; `python -m pipeline.leftovers` prints it")
        if by_name[name].what == FOREIGN:
            raise InputError(f"{name} is not of this project; delete it yourself")
        chosen.append(by_name[name])
    return chosen


def delete_leftovers(storage: Folder, leftovers: Iterable[Leftover], config: Tracking) -> int:
    """Delete folders for good, and print each.

    Trainings that MLflow has as RUNNING are marked KILLED there.

    Returns:
        How many bytes the folders had.
    """
    freed = 0
    for leftover in leftovers:
        top, _, run = leftover.name.partition("/")
        if leftover.name == top and CONFIGURATION.fullmatch(top):  # of an earlier version of this project
            delete_all_but_runs(leftover.folder)
        else:
            leftover.folder.delete()
        if CONFIGURATION.fullmatch(top):
            (storage / top).delete_if_empty()
            if run:
                mark_training_killed(config, run)
        print(f"deleted {leftover.name}: {size_in_words(leftover.size)}")
        freed += leftover.size
    return freed


def delete_all_but_runs(configuration: Folder) -> None:
    """Delete a configuration's folder, except folders of runs in it."""
    runs = [folder for folder in configuration.folders() if RUN.fullmatch(folder)]
    if not runs:
        configuration.delete()
        return
    for file in configuration.files():
        if file.name.partition("/")[0] not in runs:
            configuration.delete(file.name)


def mark_training_killed(config: Tracking, training: str) -> None:
    """Mark a training's run KILLED in MLflow if it is RUNNING there; warn where MLflow is away."""
    impatient = config.model_copy(update={"patience": min(config.patience, 10)})
    try:
        run = find_run(impatient, "training", training)
        if run and run.info.status == "RUNNING":
            retry_while_away(impatient, client(impatient).set_terminated, run.info.run_id, "KILLED")
    except InputError as error:  # NoAnswer and Refused are some
        print(f"warning: {error}; the run of this training is not marked KILLED there", file=sys.stderr)
