"""Where the faces of a plan come from."""

from pathlib import Path

import numpy as np

from pipeline.config import DatasetPlan
from pipeline.data.celeba import CelebA, open_celeba
from pipeline.errors import InputError
from pipeline.vocabulary import SPLITS


def open_source(plan: DatasetPlan, drawn: Path) -> CelebA:
    """The faces that the plan names, checked: those drawn into the folder `drawn`, or CelebA in `plan.root`.

    Raises InputError, also where a split has fewer than two images.
    """
    root = drawn if plan.source == "synthetic" else Path(plan.root)
    faces = open_celeba(root, test_images(plan), plan.valid_images, plan.limit)
    check_splits(faces.split, plan)
    return faces


def test_images(plan: DatasetPlan) -> int | None:
    """How many of the last images are for the test; None: as the partition says."""
    return None if plan.test == "official" else plan.test


def check_splits(split: np.ndarray, plan: DatasetPlan) -> None:
    """InputError unless `split` (str N) has at least two images for training, for validation and for the test.

    All are needed: validation measures each epoch and chooses the SVMs' C, the test measures the rest; and one image
    has no variance.
    """
    counts = {name: int((split == name).sum()) for name in SPLITS}
    if min(counts.values()) >= 2:
        return
    there = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    raise InputError(f"data: the images are split into {there}, and each of the three needs at least 2; {remedy(plan)}")


def remedy(plan: DatasetPlan) -> str:
    """What to change where a split is too small, in words."""
    if plan.test != "official" and min(plan.test, plan.valid_images) < 2:
        return "set data.test and data.valid_images to 2 or more"
    raised = "raise or drop data.limit, or " if plan.limit else ""
    if plan.test != "official":
        return f"{raised}change data.test and data.valid_images"
    mended = "raise data.synthetic_images" if plan.source == "synthetic" else "mend list_eval_partition"
    return (f"{raised}{mended}, or set data.test to a number, which takes so many of the last images for the test, and "
            "data.valid_images before them for validation")


def named(plan: DatasetPlan) -> str:
    """The source in words, for reports."""
    return "drawn faces (synthetic)" if plan.source == "synthetic" else "CelebA"
