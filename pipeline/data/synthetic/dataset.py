"""Drawn faces as CelebA's own four files."""

import io
import multiprocessing
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from pipeline.data.synthetic.attributes import sample_attributes
from pipeline.data.synthetic.draw import draw_face
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES

POINTS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")
# Images in CelebA's training, validation and test splits, in this order in the files.
CELEBA_SPLITS = (162_770, 19_867, 19_962)
JPEG_QUALITY = 95
CHUNK = 32  # images that a worker draws before it reports


def drawn(seed: int, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image `index` of the dataset `seed`, whoever asks: attributes bool (40,), pixels uint8 218×178×3, landmarks
    int (5, 2)."""
    person, picture = (np.random.default_rng(s) for s in np.random.SeedSequence([seed, index]).spawn(2))
    attributes = sample_attributes(person)
    return attributes, *draw_face(attributes, picture)


def _encoded(seed: int, index: int) -> tuple[np.ndarray, bytes, np.ndarray]:
    attributes, pixels, landmarks = drawn(seed, index)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY)
    return attributes, file.getvalue(), landmarks


@contextmanager
def _drawing(images: int, seed: int, processes: int) -> Iterator[Iterable]:
    """All images in order, drawn in this process or in several."""
    draw = partial(_encoded, seed)
    if processes == 1:
        yield map(draw, range(1, images + 1))
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield pool.imap(draw, range(1, images + 1), chunksize=CHUNK)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place when all is written, and vanishes when something fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def partition(images: int) -> np.ndarray:
    """Split of each image, 0 train, 1 validation, 2 test: CelebA's proportions, contiguous like CelebA's; int (N,)."""
    ends = np.rint(np.cumsum(CELEBA_SPLITS) / sum(CELEBA_SPLITS) * images)
    return np.searchsorted(ends, np.arange(images), side="right")


def write_dataset(folder: Path, images: int, seed: int, processes: int = 0, progress: bool = True) -> None:
    """Draw a dataset and write CelebA's four files into `folder`.

    `img_align_celeba.zip` (JPEG, 178×218, stored), `list_attr_celeba.txt`, `list_landmarks_align_celeba.txt` and
    `list_eval_partition.txt`. Every byte depends on `images` and `seed` only.

    Args:
        folder: made if missing; files of the same names are replaced.
        images: number of faces, at least 10, so that no split is empty.
        seed: 0 or more; image i of a seed is the same in a dataset of any size.
        processes: how many draw at a time; 0 for one per core.
        progress: show a bar on stderr.

    Raises:
        InputError: a number is out of range.
    """
    if not 10 <= images <= 999_999:
        raise InputError(f"a synthetic dataset of {images} images was asked for; ask for 10 to 999999.")
    if seed < 0:
        raise InputError(f"the synthetic dataset's seed is {seed}; it must be 0 or more.")
    if processes < 0:
        raise InputError(f"{processes} processes were asked for; give 1 or more, or 0 for one per core.")
    if processes == 0:
        processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = min(processes, -(-images // CHUNK))

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{index:06d}.jpg" for index in range(1, images + 1)]
    attributes = np.empty((images, len(ATTRIBUTES)), bool)
    landmarks = np.empty((images, 2 * len(POINTS)), int)
    with _replacing(folder / "img_align_celeba.zip") as path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive, _drawing(images, seed, processes) as faces:
            bar = tqdm(faces, "drawing faces", images, unit="image", disable=not progress)
            for i, (row, jpeg, points) in enumerate(bar):
                attributes[i], landmarks[i] = row, points.ravel()
                # ZipInfo's own date is 1980-01-01: the clock leaves no trace in the file.
                archive.writestr(zipfile.ZipInfo(f"img_align_celeba/{names[i]}"), jpeg)

    rows = (" ".join(f"{2 * value - 1:2d}" for value in row) for row in attributes.astype(int).tolist())
    _write_table(folder / "list_attr_celeba.txt", ATTRIBUTES, names, rows)
    rows = ("  ".join(f"{value:3d}" for value in row) for row in landmarks.tolist())
    _write_table(folder / "list_landmarks_align_celeba.txt", [f"{p}_{c}" for p in POINTS for c in "xy"], names, rows)
    with _replacing(folder / "list_eval_partition.txt") as path:
        path.write_text("".join(f"{n} {s}\n" for n, s in zip(names, partition(images).tolist(), strict=True)))


def _write_table(path: Path, header: Iterable[str], names: list[str], rows: Iterable[str]) -> None:
    """CelebA's text tables: a count, the columns' names, then one line for each image."""
    with _replacing(path) as temporary, open(temporary, "w", encoding="ascii", newline="\n") as file:
        file.write(f"{len(names)}\n{' '.join(header)} \n")
        file.writelines(f"{name} {row}\n" for name, row in zip(names, rows, strict=True))
