"""What has gathered in cluster.storage and DVC's folder for experiments, and deleting it when asked to:

    python -m pipeline.leftovers                          list it, with size and age; `make leftovers`
    python -m pipeline.leftovers delete NAME …            delete what the list names so
    python -m pipeline.leftovers delete --older-than 30   delete all that nothing has been written to for so many days,
                                                          except what this working tree needs

There are checkpoints of runs that were killed or whose configuration nobody wants any more, copies of shards, loss
networks and latents for the nodes of a cluster, and copies of this project in which DVC runs experiments, which a
killed one leaves. Other clones and jobs may share the storage. Nothing here can tell whether a run on another machine
is alive: its age says when it last wrote a file. The age of a copy is that of its making, and others may still read it.
"""

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from pipeline.config import Params, load_params, read_variants
from pipeline.data import shards
from pipeline.errors import InputError, one_sentence
from pipeline.json_file import read_json
from pipeline.storage import File, Folder
from pipeline.tracking.runs import found
from pipeline.tracking.store import client, patient
from pipeline.training import checkpoints, own_runs
from pipeline.training.inputs import LOSS_NETWORK, LOSS_NETWORKS, SHARDS, VIEW, inputs_of
from pipeline.workspace import lasting, recorded, sha256

DAY = 24 * 3600
CONFIGURATION = re.compile(r"(?!latents-|shards-|loss_network-)[A-Za-z0-9_]+-[0-9a-f]{16}")
RUN = re.compile("[0-9a-f]{32}")
COPIES = {re.compile("shards-[0-9a-f]{16}"): "a copy of the shards for a cluster's nodes",
          re.compile("latents-[A-Za-z0-9_]+-[0-9a-f]{16}"): "a copy of latents",
          re.compile("loss_network-[0-9a-f]{16}"): "a copy of a loss network for a cluster's nodes"}
OWN = ".checkpoints"  # of this working tree; parts of what is under way lie there, wherever cluster.storage is
PARTS = {"latents": "parts of latents under way", "prepare": "parts of shards under way"}
FOREIGN = "not of this project"
EXPERIMENTS = Path(".dvc/tmp/exps")
GOES_ON = "this working tree goes on with it"


class Leftover(NamedTuple):
    """A folder. name: its path in the storage. needed: why this working tree needs it; "" if it does not."""

    name: str
    folder: Folder
    what: str
    needed: str
    size: int        # bytes
    written: float | None   # when, in seconds since the epoch, its youngest file; None where the storage does not tell


def listed(storage: Folder, needed: dict[str, str]) -> list[Leftover]:
    """All that is in a storage, and DVC's copies of this project, largest first. needed: name → why it is."""
    there = [leftover(name, storage / name, what_is(storage, name), needed.get(name, ""), files)
             for name, files in by_folder(storage)]
    for copy in copies_for_experiments():
        folder = Folder(str(copy))
        there.append(leftover(str(copy), folder, "a copy of this project for an experiment, by DVC",
                              "a process runs in it" if is_alive(copy) else "", folder.files()))
    return sorted(there, key=lambda leftover: leftover.size, reverse=True)


def leftover(name: str, folder: Folder, what: str, needed: str, files: list[File]) -> Leftover:
    written = max((file.written for file in files if file.written is not None), default=None)
    return Leftover(name, folder, what, needed, sum(file.size for file in files), written)


def by_folder(storage: Folder) -> Iterator[tuple[str, list[File]]]:
    """The folders that can be deleted each for itself, with the files in them: a run's, or one at the top."""
    found_in: dict[str, list[File]] = {}
    for file in storage.files():
        top, _, rest = file.name.partition("/")
        run = rest.partition("/")[0]
        is_run = CONFIGURATION.fullmatch(top) and RUN.fullmatch(run)
        found_in.setdefault(f"{top}/{run}" if is_run else top, []).append(file)
    yield from sorted(found_in.items())


def what_is(storage: Folder, name: str) -> str:
    """In words, what a folder holds."""
    top, _, run = name.partition("/")
    folder = storage / name
    if not CONFIGURATION.fullmatch(top):
        copies = [what for pattern, what in COPIES.items() if pattern.fullmatch(top)]
        parts = [PARTS[top]] if top in PARTS and storage == lasting(OWN) else []
        return (copies + parts + [FOREIGN])[0]
    if not run:
        earlier = any(checkpoints.NAME.fullmatch(file) for file in folder.names())
        return f"checkpoints of {top.rpartition('-')[0]}, of an earlier version of this project" if earlier else FOREIGN
    steps = checkpoints.written(folder)
    at = f"step {checkpoints.step_of(steps[-1])}" if steps else "no checkpoint"
    state = f"complete, {at}" if folder.has(own_runs.FINISHED) else f"not complete, {at}"
    owner = json.loads(folder.read(own_runs.OWNER)) if folder.has(own_runs.OWNER) else {"host": "?", "folder": "?"}
    return f"a training of {top.rpartition('-')[0]}, {state}, begun in {owner['folder']} on {owner['host']}"


def copies_for_experiments() -> list[Path]:
    """The copies of this project that DVC has made for experiments, and not deleted."""
    return sorted(path for path in EXPERIMENTS.rglob("tmp*") if (path / ".dvc").is_dir())


def is_alive(copy: Path) -> bool:
    """Whether a process of this machine runs in a folder."""
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] and Path(process.info["cwd"]).is_relative_to(copy.resolve()):
            return True
    return False


def needed_here(storage: Folder) -> dict[str, str]:
    """Name → why this working tree needs it."""
    wanted, needed = wanted_here(), {}
    if storage == lasting(OWN):
        needed |= dict.fromkeys(PARTS, GOES_ON)
    for copy in filter(is_alive, copies_for_experiments()):
        needed |= {f"{configuration}/{run}": "an experiment trains it now"
                   for configuration, run in own_runs.remembered(copy)}
    for configuration, run in own_runs.remembered():
        name = configuration.rpartition("-")[0]
        if wanted is None or name in wanted and wanted[name] in ("", configuration):
            folder = storage / configuration / run
            if own_runs.is_own(folder) and not own_runs.is_recorded(folder, recorded(f"train@{name}")):
                needed[f"{configuration}/{run}"] = GOES_ON
    manifest = SHARDS / shards.manifest_name(VIEW)
    if manifest.is_file():
        needed[f"shards-{read_json(manifest)['sha256'][:16]}"] = "the shards of this working tree"
    for network in LOSS_NETWORKS.glob(f"*/{LOSS_NETWORK}"):
        needed[f"loss_network-{sha256(network)[:16]}"] = "a loss network of this working tree"
    return needed


def wanted_here() -> dict[str, str] | None:
    """Variant → its configuration, "" where its data is not here or the code is not that of the plan; None without a
    plan that can be read."""
    try:
        variants = read_variants()
    except (InputError, OSError):
        return None
    wanted = {}
    for variant in variants:
        wanted[variant.name] = ""
        with contextlib.suppress(InputError, OSError):
            wanted[variant.name] = inputs_of(variant).configuration()
    return wanted


def delete(storage: Folder, leftovers: Iterable[Leftover], params: Params) -> int:
    """Delete folders for good; how many bytes they had. Trainings that MLflow has as RUNNING are marked KILLED."""
    freed = 0
    for leftover in leftovers:
        top, _, run = leftover.name.partition("/")
        if CONFIGURATION.fullmatch(leftover.name):  # of an earlier version; runs of this one may be in it too
            kept = [folder for folder in leftover.folder.folders() if RUN.fullmatch(folder)]
            for file in leftover.folder.files() if kept else ():
                if file.name.partition("/")[0] not in kept:
                    leftover.folder.remove(file.name)
            if not kept:
                leftover.folder.remove()
        else:
            leftover.folder.remove()
        if CONFIGURATION.fullmatch(top):
            (storage / top).remove_if_empty()
            if run:
                mark_killed(params, run)
        print(f"deleted {leftover.name}: {shown_size(leftover.size)}")
        freed += leftover.size
    return freed


def mark_killed(params: Params, training: str) -> None:
    """Say in MLflow that a training has ended whose checkpoints are gone."""
    config = params.tracking.model_copy(update={"patience": min(params.tracking.patience, 10)})
    try:
        run = found(config, "training", training)
        if run and run.info.status == "RUNNING":
            patient(config, client(config).set_terminated, run.info.run_id, "KILLED")
    except InputError as error:  # NoAnswer and Refused are some
        print(f"warning: {error}; the run of this training is not marked KILLED there", file=sys.stderr)


def chosen(leftovers: list[Leftover], names: list[str], older_than: float | None) -> list[Leftover]:
    """Those that are to be deleted. Raises InputError where a name is none of them."""
    if older_than is not None:
        return [leftover for leftover in leftovers
                if not leftover.needed and leftover.what != FOREIGN and leftover.written
                and time.time() - leftover.written > older_than * DAY]
    by_name = {leftover.name: leftover for leftover in leftovers}
    for name in names:
        if name not in by_name:
            raise InputError(f"there is no {name} in the list; `python -m pipeline.leftovers` prints it")
        if by_name[name].what == FOREIGN:
            raise InputError(f"{name} is not of this project; delete it yourself")
    return [by_name[name] for name in names]


def shown_size(size: float) -> str:
    """1234567 → "1.2 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def shown_age(written: float | None) -> str:
    """Two hours ago → "2 hours old"."""
    if written is None:
        return "of unknown age"
    seconds = max(time.time() - written, 0)
    for unit, length in (("days", DAY), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} old"
    return f"{seconds:.0f} seconds old"


def print_list(storage: Folder, leftovers: list[Leftover]) -> None:
    for leftover in leftovers:
        needed = f"; needed: {leftover.needed}" if leftover.needed else ""
        print(f"{shown_size(leftover.size):>8}  {shown_age(leftover.written):>14}  {leftover.name}\n"
              f"{'':>26}{leftover.what}{needed}")
    free = [leftover for leftover in leftovers if not leftover.needed]
    print(f"{storage}: {shown_size(sum(leftover.size for leftover in leftovers))} in {len(leftovers)} folders; this "
          f"working tree does not need {len(free)} of them, {shown_size(sum(leftover.size for leftover in free))}")
    print("to delete some: python -m pipeline.leftovers delete NAME …, or delete --older-than DAYS")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.leftovers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command")
    deleting = commands.add_parser("delete", help="delete folders of the list, for good")
    which = deleting.add_mutually_exclusive_group(required=True)
    which.add_argument("names", nargs="*", default=[], metavar="NAME", help="as the list names it")
    which.add_argument("--older-than", type=float, metavar="DAYS",
                       help="all not written to for so many days, except what this working tree needs")
    asked = parser.parse_args(arguments)
    params = load_params()
    storage = lasting(params.cluster.storage)
    storage.check()
    leftovers = listed(storage, needed_here(storage))
    if asked.command == "delete":
        freed = delete(storage, chosen(leftovers, asked.names, asked.older_than), params)
        print(f"{storage}: {shown_size(freed)} freed")
    else:
        print_list(storage, leftovers)


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1:])
