"""What the plan gives to the source of the faces."""

from pathlib import Path

from pipeline import paths
from pipeline.config.plans import DatasetPlan
from pipeline.data.dataset import Given
from pipeline.data.splits import Splitting


def given_by(plan: DatasetPlan) -> Given:
    """Return what the source is given. Drawn faces lie where the stage dataset has put them."""
    train, valid, test = plan.shares
    splitting = Splitting(plan.test, plan.valid_images, plan.limit, (train, valid, test), plan.split_column,
                          plan.person_column)
    return Given(paths.DATASET if plan.source == "synthetic" else Path(plan.root), splitting,
                 Path(plan.attributes) if plan.attributes else None, Path(plan.landmarks) if plan.landmarks else None)
