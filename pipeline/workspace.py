"""Where a run's lasting things lie: the project itself, also for experiments that DVC runs in a temporary copy."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import yaml

from pipeline.storage import Folder


def project_root() -> Path:
    """The project's own folder. DVC names it in DVC_ROOT, also to a stage in a temporary copy; else the current one."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd()).resolve()


def lasting(path: str) -> Folder:
    """A relative path in the project's own folder; URLs and absolute paths as they are."""
    return Folder(path if "://" in path else str(project_root() / path))


def digest(*depends_on: str | Path) -> str:
    """A short name for texts and the contents of files: other ones have another name."""
    found = hashlib.sha256()
    for part in depends_on:
        found.update(hashlib.sha256(part.read_bytes() if isinstance(part, Path) else part.encode()).digest())
    return found.hexdigest()[:16]


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_of_stage(folder: Path, stage: str, variant: str | None = None) -> Path:
    """`folder`/<stage>.json, or `folder`/<stage>/<variant>.json where each variant has its own."""
    return folder / (f"{stage}/{variant}.json" if variant else f"{stage}.json")


def stage_of_file(folder: Path, path: Path) -> str:
    """The stage of such a file by DVC's name: "report" or "train@dfc"."""
    return "@".join(path.relative_to(folder).with_suffix("").parts)


def recorded(stage: str) -> str:
    """What dvc.lock says of a stage; "" if it says nothing. Changes when DVC has finished a run of it."""
    lock = Path("dvc.lock")
    stages = (yaml.safe_load(lock.read_text()) or {}).get("stages") or {} if lock.is_file() else {}
    return json.dumps(stages[stage]) if stage in stages else ""


def only(folder: Path) -> Path:
    """A folder for work under way; what abandoned runs have left beside it is deleted, and half-written files in it."""
    for other in folder.parent.iterdir() if folder.parent.is_dir() else ():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    for partial in folder.rglob("*.part"):  # of a run that was killed; what becomes an output shall not hold it
        partial.unlink()
    return folder


def published(local: str | Path, storage: str, name: str, last: str, only: str = "") -> Folder:
    """The folder in which all nodes see a local folder's files, or one local file.

    That is the local folder, unless `storage` is a URL or an absolute path: then a copy, `storage`/`name`, which is
    made unless it is complete. `last`: the file whose presence says so. `only`: the part of the folder that is copied.
    """
    local = Path(local).absolute()  # a link of DVC's into its cache is not followed
    if "://" not in storage and not os.path.isabs(storage):
        return Folder(str(local if local.is_dir() else local.parent))
    copy = lasting(storage) / name
    if not copy.has(last):
        if local.is_dir():
            copy.copy_from(local, last, only)
        else:
            copy.write(last, local.read_bytes())
    return copy
