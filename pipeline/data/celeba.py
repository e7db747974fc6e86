"""Opening CelebA as it is distributed: all that can be checked fast is checked before any work.

The original files are understood (`list_attr_celeba.txt` …, also in the folders `Anno`, `Eval` and `Img` of the
download site), and the common mirror with `.csv` tables and a nested image folder.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.data.celeba_images import FolderImages, ZipImages, decode, open_images
from pipeline.data.celeba_layout import ATTRIBUTE_TABLE, DOWNLOAD, LANDMARK_TABLE, LANDMARKS, PARTITION_TABLE
from pipeline.data.celeba_tables import check_landmarks, check_values, read_table, values_in_order_of
from pipeline.data.splits import OFFICIAL, Splitting, last_as_test, thinned_rows
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES, SPLITS


@dataclass(frozen=True, eq=False)
class CelebA:
    """N annotated images, in the order of the attribute table."""

    image_ids: np.ndarray  # str N, "000001.jpg" …
    attributes: np.ndarray  # bool N×40, columns in the order of ATTRIBUTES
    landmarks: np.ndarray  # int16 N×5×2: x, y of POINTS, in pixels of the aligned image
    split: np.ndarray  # str N, one of SPLITS
    images: ZipImages | FolderImages

    def __len__(self) -> int:
        return len(self.image_ids)


def open_celeba(root: str | Path, splitting: Splitting = OFFICIAL) -> CelebA:
    """Read the tables and the images' directory under `root`, and decode the first image.

    Images that no table lists are left out.

    Args:
        root: the folder that holds CelebA's tables and images.
        splitting: which images are taken, and for what.

    Raises:
        InputError: a file is missing, is a web page or is cut short, or the tables and the images do not fit each
            other. The message is one sentence that names the file.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is not a folder: it should hold CelebA's tables and images, from {DOWNLOAD}")
    attributes = read_table(root, ATTRIBUTE_TABLE, ATTRIBUTES)
    check_values(attributes, (-1, 1))
    image_ids = attributes.image_ids

    points = read_table(root, LANDMARK_TABLE, LANDMARKS)
    landmarks = values_in_order_of(attributes, points).reshape(-1, 5, 2)
    check_landmarks(landmarks, image_ids, points.path)

    if splitting.test == "official":
        partition = read_table(root, PARTITION_TABLE, ("partition",))
        check_values(partition, (0, 1, 2))
        split = np.array(SPLITS)[values_in_order_of(attributes, partition)[:, 0]]
    else:
        split = last_as_test(len(image_ids), splitting.test, splitting.valid_images)

    images = open_images(root, image_ids)
    decode(image_ids[0], images.read(image_ids[0]), images.path)

    if splitting.limit is not None and splitting.limit < 1:
        raise InputError(f"data.limit is {splitting.limit}: it should be at least 1 image")
    kept = thinned_rows(len(image_ids), splitting.limit)
    return CelebA(image_ids[kept], attributes.values[kept] == 1, landmarks[kept], split[kept], images)
