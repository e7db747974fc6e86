"""Opening CelebA as it is distributed: all that can be checked fast is checked before any work.

The original files are understood (`list_attr_celeba.txt` …, also in the folders `Anno`, `Eval` and `Img` of the
download site), and the common mirror with `.csv` tables and a nested image folder.
"""

from pathlib import Path

import numpy as np

from pipeline.data.attributes import all_known
from pipeline.data.celeba_fingerprint import fingerprint as fingerprint_of_celeba
from pipeline.data.celeba_images import open_images
from pipeline.data.celeba_layout import ATTRIBUTE_TABLE, DOWNLOAD, LANDMARK_TABLE, LANDMARKS, PARTITION_TABLE
from pipeline.data.celeba_tables import check_landmarks, check_values, read_table, values_in_order_of
from pipeline.data.dataset import Dataset, Given
from pipeline.data.fingerprints import FileFingerprint
from pipeline.data.splits import OFFICIAL, Splitting, last_as_test, split_by_hash, thinned_rows
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES, SPLITS

IN_WORDS = "CelebA"  # for reports
HAS_LANDMARKS = True  # of its own, without data.landmarks


def open_dataset(given: Given) -> Dataset:
    """Open CelebA in the folder `given.root`; see `open_celeba`."""
    for name, path in (("data.attributes", given.attributes), ("data.landmarks", given.landmarks)):
        if path is not None:
            raise InputError(f"{name} is {path}, but CelebA has its own tables; set it to data/none, or read its "
                             "images with data.source folder")
    for name, column in (("data.split_column", given.splitting.split_column),
                         ("data.person_column", given.splitting.person_column)):
        if column is not None:
            raise InputError(f"{name} is {column}, but CelebA's tables have no such column; set it to null")
    return open_celeba(given.root, given.splitting)


def fingerprint(given: Given) -> dict[str, FileFingerprint]:
    """Return what tells this copy of CelebA from another."""
    return fingerprint_of_celeba(given.root)


def open_celeba(root: str | Path, splitting: Splitting = OFFICIAL) -> Dataset:
    """Read the tables and the images' directory under `root`; no image is read.

    Images that no table lists are left out. The images keep the order of the attribute table. Landmarks are int16, in
    pixels of the aligned images.

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
    elif splitting.test == "hash":
        split = split_by_hash(image_ids, splitting.shares)
    else:
        split = last_as_test(len(image_ids), splitting.test, splitting.valid_images)

    images = open_images(root, image_ids)
    kept = thinned_rows(len(image_ids), splitting.limit)
    return Dataset(image_ids, split, all_known(ATTRIBUTES, attributes.values == 1), landmarks, images).of_rows(kept)
