"""How CelebA is distributed: its files, the folders they lie in, the size of its images and its five landmarks."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.errors import InputError

WIDTH, HEIGHT = 178, 218  # of every aligned image, in pixels
POINTS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")  # left and right as the viewer sees them
LANDMARKS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")
# Where CelebA's alignment puts the five POINTS in a typical image (x, y in pixels).
TEMPLATE = np.array([(69, 111), (108, 111), (88, 136), (72, 152), (105, 152)], dtype=float)

ATTRIBUTE_TABLE, LANDMARK_TABLE, PARTITION_TABLE = (
    "list_attr_celeba", "list_landmarks_align_celeba", "list_eval_partition")  # .txt, or .csv in the mirror
IMAGES = "img_align_celeba"  # the name of the folder, and of the zip
PLACES = (".", "Anno", "Eval", "Img")  # folders of the download site
DOWNLOAD = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"


def find_file(root: Path, names: Sequence[str]) -> Path | None:
    """Return the first of the files that exists in one of PLACES below `root`, else None."""
    return next((root / place / name for name in names for place in PLACES if (root / place / name).is_file()), None)


def find_table(root: Path, stem: str) -> Path | None:
    """Return the path of a table, `stem`.txt before `stem`.csv, else None."""
    return find_file(root, (f"{stem}.txt", f"{stem}.csv"))


def find_zip(root: Path) -> Path | None:
    """Return the path of the images' zip, else None."""
    return find_file(root, (f"{IMAGES}.zip",))


def find_image_folder(root: Path) -> Path | None:
    """Return the folder that holds images, else None.

    It is img_align_celeba, or the mirror's img_align_celeba/img_align_celeba.
    """
    for place in PLACES:
        for folder in (root / place / IMAGES, root / place / IMAGES / IMAGES):
            if folder.is_dir():
                with os.scandir(folder) as entries:
                    if any(is_image_name(entry.name) for entry in entries):
                        return folder
    return None


def is_image_name(name: str) -> bool:
    """Whether a file of this name is an image; macOS's ._ files are none."""
    return name.lower().endswith((".jpg", ".jpeg", ".png")) and not name.startswith("._")


def is_web_page(data: bytes) -> bool:
    """Whether a file's bytes begin like HTML."""
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def web_page_error(path: Path) -> InputError:
    """Return the error for a web page under the name of a data file."""
    return InputError(f"{path} is a web page (HTML), not CelebA's file, such as Google Drive sends when its quota is "
                      f"exceeded: download {path.name} again")
