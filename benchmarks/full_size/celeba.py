"""A data set of drawn faces in CelebA's own layout, one file for each image, of any size.

Image i is the same in every size (`draw_numbered_face`), so that all sizes share one folder of images by hard links,
and what an interrupted call has drawn is drawn.
"""

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from pipeline.data.celeba_layout import IMAGES
from pipeline.drawn_faces.dataset import JPEG_QUALITY, draw_numbered_face, file_names, write_tables
from pipeline.files.atomic import replacing
from pipeline.vocabulary import ATTRIBUTES

PART = 500  # images, whose labels are one file
SEED = 0


def make_celeba(folder: Path, images: int) -> Path:
    """Return a folder in CelebA's layout with `images` drawn faces, which is made where it is missing.

    Args:
        folder: of all sizes; the data set is `folder`/celeba-`images`.
        images: at least 10.
    """
    drawn, root = folder / "drawn", folder / f"celeba-{images}"
    draw_parts(drawn, images)
    if (root / "complete").is_file():
        return root
    (root / IMAGES).mkdir(parents=True, exist_ok=True)
    there = set(os.listdir(root / IMAGES))
    for name in file_names(images):
        if name not in there:
            link_or_copy(drawn / name, root / IMAGES / name)
    labels = [np.load(drawn / f"labels-{part}.npz") for part in range(-(-images // PART))]
    attributes, landmarks = (np.concatenate([part[name] for part in labels])[:images]
                             for name in ("attributes", "landmarks"))
    write_tables(root, attributes, landmarks)
    (root / "complete").touch()
    return root


def link_or_copy(file: Path, other: Path) -> None:
    """Give a file another name, or copy it where the disk has no hard links."""
    try:
        os.link(file, other)
    except OSError:
        shutil.copyfile(file, other)


def draw_parts(folder: Path, images: int) -> None:
    """Draw what is missing of the parts that hold the first `images` faces, on all cores."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [part for part in range(-(-images // PART)) if not (folder / f"labels-{part}.npz").is_file()]
    if not missing:
        return
    with (ProcessPoolExecutor(len(os.sched_getaffinity(0)), get_context("spawn")) as pool,
          tqdm(total=len(missing) * PART, desc="drawing faces", unit="image") as bar):
        for _ in pool.map(draw_part, [folder] * len(missing), missing):
            bar.update(PART)


def draw_part(folder: Path, part: int) -> None:
    """Draw PART faces, and write their labels last."""
    attributes, landmarks = np.empty((PART, len(ATTRIBUTES)), bool), np.empty((PART, 10), np.int64)
    names = file_names((part + 1) * PART)[-PART:]
    for row, name in enumerate(names):
        attributes[row], pixels, points = draw_numbered_face(SEED, part * PART + row + 1)
        landmarks[row] = points.ravel()
        Image.fromarray(pixels).save(folder / name, "JPEG", quality=JPEG_QUALITY)
    with replacing(folder / f"labels-{part}.npz") as path, path.open("wb") as file:
        np.savez(file, attributes=attributes, landmarks=landmarks)
