"""Writing drawn faces as CelebA's own four files."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from pipeline.data.celeba_layout import ATTRIBUTE_TABLE, IMAGES, LANDMARK_TABLE, LANDMARKS, PARTITION_TABLE
from pipeline.drawn_faces.attributes import sample_attributes
from pipeline.drawn_faces.draw import draw_face
from pipeline.errors import InputError
from pipeline.files.atomic import replacing, write_text
from pipeline.parallel import in_processes
from pipeline.vocabulary import ATTRIBUTES

# Images in CelebA's training, validation and test split, which follow each other in its files.
CELEBA_SPLITS = (162_770, 19_867, 19_962)
JPEG_QUALITY = 95
CHUNK = 32  # images that a worker draws before it reports

EncodedFace = tuple[np.ndarray, bytes, np.ndarray]  # attributes bool (40,), JPEG, landmarks int (5, 2)


def draw_numbered_face(seed: int, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw image `index` of the data set `seed`; it depends on nothing else.

    Returns:
        Attributes, bool (40,), pixels, uint8 218×178×3, and landmarks, int (5, 2).
    """
    person, picture = (np.random.default_rng(s) for s in np.random.SeedSequence([seed, index]).spawn(2))
    attributes = sample_attributes(person)
    return attributes, *draw_face(attributes, picture)


def draw_and_encode(seed: int, numbers: range) -> list[EncodedFace]:
    """Draw some faces of a data set: a function of `ParallelMap`."""
    return [_draw_and_encode(seed, index) for index in numbers]


def _draw_and_encode(seed: int, index: int) -> EncodedFace:
    attributes, pixels, landmarks = draw_numbered_face(seed, index)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY)
    return attributes, file.getvalue(), landmarks


def faces_in_order(images: int, seed: int, processes: int) -> Iterator[EncodedFace]:
    """Yield all images in order, drawn in this process or in several; 0 for one per core."""
    chunks = (range(first, min(first + CHUNK, images + 1)) for first in range(1, images + 1, CHUNK))
    for chunk in in_processes(processes)(draw_and_encode, seed, chunks):
        yield from chunk


def file_names(images: int) -> list[str]:
    """Return the names of the drawn faces, as CelebA's: "000001.jpg", "000002.jpg" and so on."""
    return [f"{index:06d}.jpg" for index in range(1, images + 1)]


def partition(images: int) -> np.ndarray:
    """Return the split of each image, int (N,): 0 train, 1 valid, 2 test, in CelebA's order and proportions."""
    ends = np.rint(np.cumsum(CELEBA_SPLITS) / sum(CELEBA_SPLITS) * images)
    return np.searchsorted(ends, np.arange(images), side="right")


def write_dataset(folder: Path, images: int, seed: int, processes: int = 0, progress: bool = True) -> None:
    """Draw a data set and write CelebA's four files into `folder`.

    These are `img_align_celeba.zip` (JPEG, 178×218, stored), `list_attr_celeba.txt`, `list_landmarks_align_celeba.txt`
    and `list_eval_partition.txt`. Every byte depends on `images` and `seed` only.

    Args:
        folder: created if missing; files of the same names are replaced.
        images: number of faces, at least 10, so that no split is empty.
        seed: 0 or more; image i of a seed is the same in a data set of any size.
        processes: how many processes draw; 0 for one per core.
        progress: show a bar on stderr.

    Raises:
        InputError: a number is out of range, or a process was killed.
    """
    if not 10 <= images <= 999_999:
        raise InputError(f"data.synthetic_images is {images}: it should be 10 to 999,999")
    if seed < 0:
        raise InputError(f"seed is {seed}: it should be 0 or more")
    if processes < 0:
        raise InputError(f"cluster.processes is {processes}: it should be 1 or more, or 0 for one per core")

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = file_names(images)
    attributes = np.empty((images, len(ATTRIBUTES)), bool)
    landmarks = np.empty((images, len(LANDMARKS)), int)
    with replacing(folder / f"{IMAGES}.zip") as path, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        bar = tqdm(faces_in_order(images, seed, processes), "drawing faces", images, unit="image", disable=not progress)
        for i, (row, jpeg, points) in enumerate(bar):
            attributes[i], landmarks[i] = row, points.ravel()
            # ZipInfo's own date is 1980-01-01, so the file does not depend on the clock.
            archive.writestr(zipfile.ZipInfo(f"{IMAGES}/{names[i]}"), jpeg)

    write_tables(folder, attributes, landmarks)


def write_tables(folder: Path, attributes: np.ndarray, landmarks: np.ndarray) -> None:
    """Write CelebA's three tables of N drawn faces.

    Args:
        folder: exists.
        attributes: bool (N, 40).
        landmarks: int (N, 10), x and y of the five points.
    """
    names = file_names(len(attributes))
    rows = (" ".join(f"{2 * value - 1:2d}" for value in row) for row in attributes.astype(int).tolist())
    _write_table(folder / f"{ATTRIBUTE_TABLE}.txt", ATTRIBUTES, names, rows)
    rows = ("  ".join(f"{value:3d}" for value in row) for row in landmarks.tolist())
    _write_table(folder / f"{LANDMARK_TABLE}.txt", LANDMARKS, names, rows)
    write_text(folder / f"{PARTITION_TABLE}.txt",
               "".join(f"{n} {s}\n" for n, s in zip(names, partition(len(names)).tolist(), strict=True)))


def _write_table(path: Path, header: Iterable[str], names: list[str], rows: Iterable[str]) -> None:
    """Write a text table as CelebA has them: a count, the columns' names, then one line for each image."""
    with replacing(path) as temporary, open(temporary, "w", encoding="ascii", newline="\n") as file:
        file.write(f"{len(names)}\n{' '.join(header)} \n")
        file.writelines(f"{name} {row}\n" for name, row in zip(names, rows, strict=True))
