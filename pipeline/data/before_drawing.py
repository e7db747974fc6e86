"""What can be refused before faces are drawn."""

import numpy as np

from pipeline.config import DatasetPlan
from pipeline.data.celeba import last_as_test, thinned
from pipeline.data.source import check_splits
from pipeline.data.synthetic.dataset import partition
from pipeline.vocabulary import SPLITS


def check_before_drawing(plan: DatasetPlan) -> None:
    """InputError where the faces to be drawn would leave a split with fewer than two images."""
    images = plan.synthetic_images
    split = np.array(SPLITS)[partition(images)] if plan.test == "official" else \
        last_as_test(images, plan.test, plan.valid_images)
    check_splits(split[thinned(images, plan.limit)], plan)
