"""Images that cannot be used: their list as a file, and what becomes of a data set that has some (data.broken)."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from pipeline.data.dataset import Dataset
from pipeline.errors import InputError
from pipeline.files.atomic import replacing

COLUMNS = ("image_id", "reason")
EXAMPLES = 3  # broken images that a message shows


class Broken(NamedTuple):
    """An image that cannot be used."""

    image_id: str
    reason: str  # what is wrong with it: "is damaged or cut short"
    message: str  # the whole sentence: where it lies and what to do, too


def broken_image(image_id: str, message: str, where: str | Path) -> Broken:
    """Return what a message about an image says, "a.jpg in photos is damaged: replace it", with its reason alone."""
    reason = message
    for beginning in (f"{image_id} in {where} ", f"{Path(where) / image_id} ", f"{image_id} "):
        reason = reason.removeprefix(beginning)
    return Broken(image_id, reason.rpartition(": ")[0] or reason, message)


def write_broken(path: str | Path, broken: Sequence[Broken]) -> None:
    """Write the list of broken images atomically: CSV with the columns COLUMNS, only these where there are none."""
    # Names of files need not be UTF-8.
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", errors="backslashreplace",
                                            newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(image[:2] for image in broken)


def read_broken(path: str | Path) -> dict[str, str]:
    """Return image id → reason of a list of broken images.

    Raises:
        InputError: the list is missing, or is no such list.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        if tuple(header) != COLUMNS:
            raise ValueError("another header")
        return dict(rows)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is missing or is no list of broken images; run `dvc repro --force dataset`"
                         ) from error


def check_broken(broken: Sequence[Broken], images: int, choice: Literal["stop", "skip"], limit: float,
                 path: str | Path) -> None:
    """Refuse a data set that has broken images, or too many of them.

    Args:
        broken: the images, in the data set's order.
        images: of the data set, broken or not.
        choice: data.broken. "stop" allows none.
        limit: data.broken_limit: the share of broken images, 0 … 1, that "skip" leaves out.
        path: of their list, which is written already.

    Raises:
        InputError: there are more than are allowed. The message has the first of them.
    """
    if not broken:
        return
    if choice == "stop":
        more = "" if len(broken) == 1 else f" ({len(broken) - 1:,} more of {images:,} images cannot be used either)"
        which = "it" if len(broken) == 1 else f"all {len(broken):,}"
        beyond = "" if len(broken) <= limit * images else (
            f" where data.broken_limit allows {share(len(broken) / images)} instead of {share(limit)}")
        raise InputError(f"{broken[0].message}{more}; {path} lists {which}, and data.broken: skip leaves out what it "
                         f"lists{beyond}")
    if len(broken) > limit * images or len(broken) == images:
        examples = ", ".join(f"{image.image_id} {image.reason}" for image in broken[:EXAMPLES])
        remedy = ("none is left: mend them" if len(broken) == images else
                  "mend them or take them out, or raise data.broken_limit")
        raise InputError(f"{len(broken):,} of {images:,} images cannot be used ({share(len(broken) / images)}), where "
                         f"data.broken_limit allows {share(limit)}: {examples}"
                         f"{', …' if len(broken) > EXAMPLES else ''}; {path} lists all; {remedy}")


def share(value: float) -> str:
    """Return a share for a message: 0.0123 → "1.23%"."""
    return f"{100 * value:.3g}%"


def leave_out(dataset: Dataset, path: str | Path) -> Dataset:
    """Return a data set without the images that a list names. No list is changed by it, so that it may be read again.

    Raises:
        InputError: as `read_broken`.
    """
    broken = read_broken(path)
    if not broken:
        return dataset
    ids = np.array([str(image_id).encode("utf-8", "backslashreplace").decode() for image_id in dataset.image_ids])
    return dataset.of_rows(~np.isin(ids, list(broken)))
