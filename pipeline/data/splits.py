"""Which images are for training, for validation and for the test."""

import hashlib
from typing import Literal, NamedTuple

import numpy as np

from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS


class Splitting(NamedTuple):
    """How the images of a data set are split, named as in the section `data` of params.yaml.

    Attributes:
        test: "official" takes the data set's own partition: CelebA's table (162,770 / 19,867 / 19,962), `split_column`,
            or files named by their split; "hash" where it has none. "hash" takes `shares` by a hash of the id. A number
            takes the last that many images as test set (the paper: 20,000) and all before them for training; the
            partition is not read.
        valid_images: how many images, the last before the test set, are kept back for validation then; the paper has
            none. It has an effect only where `test` is a number.
        limit: at most this many images, evenly thinned over the whole data set. The splits are made first, so that
            they keep their proportions. None takes all images.
        shares: of train, valid and test, where a hash splits; they sum to 1.
        split_column: of the table of attributes, or of the Parquet files; it names the split of each image.
        person_column: of the same; it names the person in each image. No person is in two splits.
    """

    test: Literal["official", "hash"] | int = "official"
    valid_images: int = 1000
    limit: int | None = None
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    split_column: str | None = None
    person_column: str | None = None


OFFICIAL = Splitting()


def split_images(image_ids: np.ndarray, splitting: Splitting, own: np.ndarray | None,
                 persons: np.ndarray | None = None) -> np.ndarray:
    """Split N images as `splitting.test` says, and see to it that no person is in two splits.

    Args:
        image_ids: str N, in the order of the data set.
        splitting: what is wanted; `limit` is not applied here.
        own: the data set's own partition, str N, or None if it has none: then a hash splits. It has an effect only
            where `splitting.test` is official.
        persons: str N, who is in each image, "" where that is not known: such an image is taken for a person of its
            own. None if the data set names nobody.

    Returns:
        str N, each one of SPLITS.

    Raises:
        InputError: the splitting is not possible, or it would put a person in two splits.
    """
    if isinstance(splitting.test, int):
        split: np.ndarray | None = last_as_test(len(image_ids), splitting.test, splitting.valid_images)
        remedy = "set data.test to hash, which keeps a person's images together"
    else:
        split = own if splitting.test == "official" else None
        remedy = "mend the partition, or set data.test to hash, which keeps a person's images together"
    if split is None:
        names = image_ids if persons is None else np.where(persons == "", image_ids, persons)
        return split_by_hash(names, splitting.shares)
    if persons is not None:
        check_persons(split, persons, remedy)
    return split


def check_persons(split: np.ndarray, persons: np.ndarray, remedy: str) -> None:
    """Raise InputError where a person is in two splits. split: str N; persons: str N, "" where unknown."""
    splits_of: dict[str, str] = {}
    for person, name in zip(persons.tolist(), split.tolist(), strict=True):
        if person and splits_of.setdefault(person, name) != name:
            raise InputError(f"the person {person!r} is in the splits {splits_of[person]} and {name}, so the test "
                             f"would show faces that the model has learned: {remedy}")


def last_as_test(images: int, test_images: int, valid_images: int) -> np.ndarray:
    """Return the split of each image, str N: first train, then the last ones for validation and for the test.

    Raises:
        InputError: no image is left for training.
    """
    train_images = images - test_images - valid_images
    if test_images < 1 or valid_images < 0 or train_images < 1:
        raise InputError(f"data.test is {test_images:,} and data.valid_images {valid_images:,}, which leave none of "
                         f"{images:,} images to train on; lower them, or take more images")
    return np.repeat(SPLITS, [train_images, valid_images, test_images])


def split_by_hash(names: np.ndarray, shares: tuple[float, float, float]) -> np.ndarray:
    """Return the split of each name, str N, by a hash of the name alone.

    The first 8 bytes of the name's SHA-256 are a number in 0 … 1. It is below the first share for train, below the
    first two for valid, else test. So an image keeps its split when others come or go, and a person too, where the
    names are those of persons. Splits have the shares only on average.

    Args:
        names: str N, image ids or persons.
        shares: of train, valid and test; they sum to 1.
    """
    numbers = np.array([int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2 ** 64
                        for name in names.tolist()])
    return np.array(SPLITS)[np.digitize(numbers, [shares[0], shares[0] + shares[1]])]


def thinned_rows(images: int, limit: int | None) -> np.ndarray:
    """Return which rows of a data set stay: at most `limit`, evenly spread; int64, ascending.

    Raises:
        InputError: `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise InputError(f"data.limit is {limit}: it should be at least 1 image")
    rows = np.arange(images)
    return rows if limit is None or limit >= images else rows[:limit] * images // limit


def check_splits(split: np.ndarray, splitting: Splitting, source: str) -> None:
    """Raise InputError unless there are at least two images for training, for validation and for the test.

    All are needed: validation measures each epoch and chooses the SVMs' C, the test measures the rest. One image has
    no variance.

    Args:
        split: str N, the split of each image.
        splitting: how they were split, for the remedy in the message.
        source: where the images come from, for the remedy.
    """
    counts = {name: int((split == name).sum()) for name in SPLITS}
    if min(counts.values()) >= 2:
        return
    there = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    raise InputError(f"data: the images are split into {there}, and each of the three needs at least 2; "
                     f"{remedy(splitting, source)}")


def remedy(splitting: Splitting, source: str) -> str:
    """Return what to change where a split is too small, in words."""
    if isinstance(splitting.test, int) and min(splitting.test, splitting.valid_images) < 2:
        return "set data.test and data.valid_images to 2 or more"
    more = "raise or drop data.limit, or " if splitting.limit else ""
    if isinstance(splitting.test, int):
        return f"{more}change data.test and data.valid_images"
    if splitting.test == "hash":
        return f"{more}change data.shares, or take more {'persons' if splitting.person_column else 'images'}"
    if splitting.split_column:
        partition = f"mend the column {splitting.split_column}"
    else:
        partition = {"synthetic": "raise data.synthetic_images", "celeba": "mend list_eval_partition"}.get(
            source, "take more images, or mend their partition, or if they have none change data.shares")
    return (f"{more}{partition}, or set data.test to a number, which takes so many of the last images for the test, "
            "and data.valid_images before them for validation")
