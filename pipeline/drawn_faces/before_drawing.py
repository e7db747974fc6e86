"""What can be refused before faces are drawn."""

import numpy as np

from pipeline.data.splits import Splitting, check_splits, last_as_test, split_by_hash, thinned_rows
from pipeline.drawn_faces.dataset import file_names, partition
from pipeline.vocabulary import SPLITS


def check_splits_before_drawing(images: int, splitting: Splitting) -> None:
    """Raise InputError where the faces to be drawn would leave a split with fewer than two images.

    Args:
        images: how many faces are to be drawn.
        splitting: how they are to be split.
    """
    if splitting.test == "official":
        split = np.array(SPLITS)[partition(images)]
    elif splitting.test == "hash":
        split = split_by_hash(np.array(file_names(images)), splitting.shares)
    else:
        split = last_as_test(images, splitting.test, splitting.valid_images)
    check_splits(split[thinned_rows(images, splitting.limit)], splitting, "synthetic")
