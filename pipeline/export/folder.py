"""The folder of an export: written as a whole, and never in the place of something else."""

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files.atomic import PART, replace_folder
from pipeline.files.writable import refuse_unwritable

CONFIG = "config.json"
FORMAT = "face-vae-export/1"  # in config.json: by it an export is known
NAMES = {CONFIG, "encoder.onnx", "decoder.onnx", "latent_space.safetensors", "README.md", "example.py", "samples.png",
         "example.bmp"}  # the last is what the example makes


@contextlib.contextmanager
def replacing_export(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`, and move it into its place when the block ends without an error.

    Raises:
        InputError: as `refuse_other_contents`.
    """
    refuse_other_contents(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}{PART}")
    work.mkdir()
    try:
        yield work
        replace_folder(folder, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def refuse_other_contents(folder: Path) -> None:
    """Refuse a folder whose contents an export would delete.

    Raises:
        InputError: it is a file, is not empty and no export, holds other files besides, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        if not is_export(folder):
            raise InputError(f"{folder} is there and is no export of this project; give another folder by --to, or "
                             "move it away")
        other = sorted(path.name for path in folder.iterdir() if path.name not in NAMES)
        if other:
            raise InputError(f"{folder} is an export with files of your own in it ({', '.join(other[:3])}"
                             f"{', …' if other[3:] else ''}), which a new one would delete; give another folder by "
                             "--to, or move them away")
    elif folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give another folder by --to")
    refuse_unwritable(folder, "--to")


def is_export(folder: Path) -> bool:
    """Whether a folder is an export of this project."""
    try:
        return json.loads((folder / CONFIG).read_text())["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        return False
