"""Where the faces of a plan come from."""

from pathlib import Path

from pipeline.config import DataPlan
from pipeline.data.celeba import CelebA, open_celeba


def open_source(plan: DataPlan, drawn: Path) -> CelebA:
    """The faces that the plan names, checked: those drawn into the folder `drawn`, or CelebA in `plan.root`."""
    root = drawn if plan.source == "synthetic" else Path(plan.root)
    return open_celeba(root, None if plan.test == "official" else plan.test, plan.valid_images, plan.limit)


def named(plan: DataPlan) -> str:
    """The source in words, for reports."""
    return "drawn faces (synthetic)" if plan.source == "synthetic" else "CelebA"
