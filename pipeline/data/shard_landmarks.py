"""Reading the landmarks of prepared faces, which every view of the shards has beside its pixels."""

import numpy as np

from pipeline.data.celeba_layout import LANDMARKS, POINTS
from pipeline.data.row_groups import read_row_group, row_groups
from pipeline.data.shards import Location, manifest
from pipeline.data.views.aligned import ALIGNED_BOX
from pipeline.errors import InputError
from pipeline.files.folder import Folder

VIEW = "aligned"


def load_aligned_landmarks(root: Location, split: str) -> np.ndarray:
    """Return where the landmarks of a split lie in the view aligned, in the order of its rows.

    The shards hold them in whole pixels of the image of 178×218 pixels. A landmark is taken to lie in the middle of its
    pixel.

    Args:
        root: the folder of the shards.
        split: its name.

    Returns:
        float32 N×5×2: x and y of each of `celeba_layout.POINTS`, from -1 at the left or upper edge of the view to 1 at
        the right or lower edge, and beyond these outside of it. Times S/2 they are pixels of S×S.

    Raises:
        InputError: the split is missing or damaged, or its faces have no landmarks.
    """
    parts = [np.empty((0, len(LANDMARKS)), np.float32)]
    for group in row_groups(Folder.of(root), VIEW, split, manifest(root, VIEW)["images"][split]):
        table = read_row_group(group, LANDMARKS)
        if any(table[name].null_count for name in LANDMARKS):
            raise InputError(f"{group} has faces without landmarks; give some by data.landmarks or data.align: detect")
        parts.append(np.stack([np.from_dlpack(table[name].combine_chunks()) for name in LANDMARKS], axis=1))
    left, top, right, bottom = ALIGNED_BOX
    points = np.concatenate(parts).reshape(-1, len(POINTS), 2).astype(np.float32) + 0.5
    centred = points - np.array([left + right, top + bottom], np.float32) / 2
    return centred / (np.array([right - left, bottom - top], np.float32) / 2)
