"""The words that name splits in tables and folders."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS

SPLIT_NAMES = dict(zip(("train", "training", "0", "valid", "validation", "val", "dev", "1", "test", "testing", "2"),
                       np.repeat(SPLITS, (3, 5, 3)).tolist(), strict=True))  # in lower case → one of SPLITS


def splits_named(words: Sequence[str], image_ids: Sequence[str], where: str | Path) -> np.ndarray:
    """Return the split of each image, str N, from N words: one of SPLIT_NAMES, in any case.

    Args:
        words: N, "" where there is none.
        image_ids: N, for messages.
        where: the table with its column, for messages.

    Raises:
        InputError: a word is not known, or an image has none.
    """
    splits = [SPLIT_NAMES.get(word.lower(), "") for word in words]
    if "" in splits:
        unknown = [row for row, split in enumerate(splits) if not split]
        word, more = words[unknown[0]], f" (and {len(unknown) - 1:,} more images)" if len(unknown) > 1 else ""
        if word:
            raise InputError(f"{where} names the split {word!r:.60} for {image_ids[unknown[0]]}{more}: name train, "
                             "valid or test")
        raise InputError(f"{where} names no split for {image_ids[unknown[0]]}{more}: name train, valid or test, or set "
                         "data.test to hash")
    return np.array(splits)


def splits_of_folders(image_ids: Sequence[str]) -> np.ndarray | None:
    """Return the split of each image, str N, from the first folder of its path.

    None where fewer than two splits are so named (digits do not count): then the folders are no partition.

    Raises:
        InputError: two splits or more are so named, and an image lies beside these folders. A hash would mix them.
    """
    folders = [image_id.split("/")[0].lower() if "/" in image_id else "" for image_id in image_ids]
    of_folder = {folder: "" if folder.isdigit() else SPLIT_NAMES.get(folder, "") for folder in set(folders)}
    if len(set(of_folder.values()) - {""}) < 2:
        return None
    if "" in of_folder.values():
        beside = next(image_id for image_id, folder in zip(image_ids, folders, strict=True) if not of_folder[folder])
        named = ", ".join(sorted(folder for folder, split in of_folder.items() if split))
        raise InputError(f"{beside} is in none of the folders {named}, which name the splits: move it into one of "
                         "them or take it out, or set data.test to hash, which does not read them")
    return np.array([of_folder[folder] for folder in folders])
