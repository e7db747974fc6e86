"""The folders in cluster.storage, and DVC's copies of this project, each with its size, its age and what it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from pipeline import paths
from pipeline.files.folder import File, Folder
from pipeline.leftovers.names import CONFIGURATION, COPIES, PARTS, RUN, variant_of
from pipeline.training import checkpoints, own_runs
from pipeline.workspace.project import in_project

FOREIGN = "not of this project"
EXPERIMENTS = Path(".dvc/tmp/exps")  # where DVC makes its copies


class Leftover(NamedTuple):
    """A folder that can be deleted by itself."""

    name: str               # its path in the storage; of a copy of this project, its path in the working tree
    folder: Folder
    what: str               # what it holds, in words
    needed: str             # why this working tree needs it; "" if it does not
    size: int               # bytes
    written: float | None   # when its youngest file was, in seconds since the epoch; None if the storage does not tell


def list_leftovers(storage: Folder, needed: dict[str, str]) -> list[Leftover]:
    """Return all folders in a storage, and DVC's copies of this project, the largest first.

    Args:
        storage: The folder cluster.storage.
        needed: Why this working tree needs folders, by name (`needs.needed_here`).
    """
    leftovers = [measured(name, storage / name, describe(storage, name), needed.get(name, ""), files)
                 for name, files in files_by_folder(storage)]
    for copy in copies_for_experiments():
        folder = Folder(str(copy))
        leftovers.append(measured(str(copy), folder, "a copy of this project for an experiment, by DVC",
                                  "a process runs in it" if has_process(copy) else "", folder.files()))
    return sorted(leftovers, key=lambda leftover: leftover.size, reverse=True)


def measured(name: str, folder: Folder, what: str, needed: str, files: list[File]) -> Leftover:
    """Return a leftover with the size and age of its files."""
    written = max((file.written for file in files if file.written is not None), default=None)
    return Leftover(name, folder, what, needed, sum(file.size for file in files), written)


def files_by_folder(storage: Folder) -> Iterator[tuple[str, list[File]]]:
    """Yield each folder that can be deleted by itself, a run's or one at the top, with the files in it."""
    by_folder: dict[str, list[File]] = {}
    for file in storage.files():
        top, _, rest = file.name.partition("/")
        run = rest.partition("/")[0]
        is_run = CONFIGURATION.fullmatch(top) and RUN.fullmatch(run)
        by_folder.setdefault(f"{top}/{run}" if is_run else top, []).append(file)
    yield from sorted(by_folder.items())


def describe(storage: Folder, name: str) -> str:
    """Return in words what a folder holds."""
    top, _, run = name.partition("/")
    if not CONFIGURATION.fullmatch(top):
        copies = [what for pattern, what in COPIES.items() if pattern.fullmatch(top)]
        parts = [PARTS[top]] if top in PARTS and storage == in_project(str(paths.UNFINISHED)) else []
        return (copies + parts + [FOREIGN])[0]
    folder, variant = storage / name, variant_of(top)
    if not run:
        is_earlier = any(checkpoints.NAME.fullmatch(file) for file in folder.names())
        return f"checkpoints of {variant}, of an earlier version of this project" if is_earlier else FOREIGN
    steps = checkpoints.checkpoint_names(folder)
    at = f"step {checkpoints.step_of(steps[-1])}" if steps else "no checkpoint"
    state = f"complete, {at}" if folder.has(own_runs.FINISHED) else f"not complete, {at}"
    owner = json.loads(folder.read(own_runs.OWNER)) if folder.has(own_runs.OWNER) else {"host": "?", "folder": "?"}
    return f"a training of {variant}, {state}, begun in {owner['folder']} on {owner['host']}"


def copies_for_experiments() -> list[Path]:
    """Return the copies of this project that DVC has made for experiments and not deleted."""
    return sorted(path for path in EXPERIMENTS.rglob("tmp*") if (path / ".dvc").is_dir())


def has_process(folder: Path) -> bool:
    """Return True if a process of this machine has its current directory in a folder."""
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] and Path(process.info["cwd"]).is_relative_to(folder.resolve()):
            return True
    return False
