"""Files of any experiment, by their MD5, from DVC's cache. Nothing is checked out and nothing is written there."""

import json
from pathlib import Path

from pipeline.comparison.experiment import Experiment
from pipeline.comparison.git_names import WORKSPACE, dvc_experiments
from pipeline.errors import InputError

FOLDER = ".dir"  # the end of the MD5 of a folder: its file in the cache lists the folder's files


class Cache:
    """The local cache of a DVC project: files/md5/<2 digits>/<30 digits>."""

    def __init__(self, project: Path) -> None:
        """Find the cache of a project, also one that `dvc config cache.dir` has moved.

        Raises:
            InputError: The folder is no DVC project.
        """
        from dvc.exceptions import DvcException  # DVC takes half a second to load
        from dvc.repo import Repo

        try:
            self.folder = Path(Repo(str(project)).cache.local.path)
        except DvcException as error:
            raise InputError(f"{project} cannot be read as a DVC project ({error}); run this in the project's folder"
                             ) from None

    def file(self, md5: str) -> Path | None:
        """Return the cache's file of these contents; None if it is not there."""
        path = self.folder / md5[:2] / md5[2:]
        return path if md5 and path.is_file() else None

    def in_folder(self, md5: str, below: str = "") -> dict[str, Path] | None:
        """Return relative path → file of a folder; None if the folder or one of the files is not there.

        Args:
            md5: Of the folder.
            below: How the paths of the files begin that are wanted; "" for all.
        """
        listing = self.file(md5)
        if listing is None or not md5.endswith(FOLDER):
            return None
        files = {entry["relpath"]: self.file(entry["md5"]) for entry in json.loads(listing.read_text())
                 if entry["relpath"].startswith(below)}
        whole = {name: path for name, path in files.items() if path is not None}
        return whole if len(whole) == len(files) else None

    def read(self, md5: str, name: str) -> bytes | None:
        """Return one file of a folder, by its relative path; None if it is not there."""
        listing = self.file(md5)
        if listing is None:
            return None
        path = next((self.file(entry["md5"]) for entry in json.loads(listing.read_text())
                     if entry["relpath"] == name), None)
        return None if path is None else path.read_bytes()

    def link(self, md5: str, folder: Path, below: str = "") -> bool:
        """Fill an empty folder with links to the files that `in_folder` finds; return False if it finds none."""
        files = self.in_folder(md5, below)
        for name, path in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(path)
        return bool(files)


def how_to_get(experiment: Experiment, path: Path) -> str:
    """Return one sentence: a result is not in the cache, and which command brings it."""
    name, remote = experiment.name, "fetches it from DVC's remote"
    if name == WORKSPACE:
        remedy = f"`dvc pull {path}` {remote}, or `dvc repro` makes it"
    elif any(one.commit == experiment.commit for one in dvc_experiments()):
        remedy = f"`dvc exp pull REMOTE {name}` {remote}, or make it again by `dvc exp apply {name}` and `dvc repro`"
    else:
        remedy = (f"`dvc fetch --all-commits` {remote}, or make it again here by `git checkout {name}` and "
                  "`dvc repro`, and commit dvc.lock and metrics/")
    return f"{path} of {name} is not in DVC's cache: {remedy}."
