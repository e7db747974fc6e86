"""Precision and recall of samples by nearest neighbours (Kynkäänniemi et al. 2019)."""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluation.score_names import NEIGHBOURS

if TYPE_CHECKING:
    import torch

FEWEST = NEIGHBOURS + 1  # images that have so many neighbours
ROWS = 1000  # images whose distances to all others are in memory at a time


def precision_recall(samples: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """Return precision and recall, each 0 … 1.

    A set of images covers the balls around its images that reach to their third nearest neighbours. Precision is the
    share of samples in what the reference covers: do they look right? Recall is the share of the reference in what the
    samples cover: are all kinds there? Both grow with the number of images that cover, so compare only numbers from
    equally many on both sides. The paper measures in VGG-16's last hidden layer.

    This is torch-fidelity's `prc_features_to_metric`, which takes seconds to load.

    Args:
        samples: float N×C, N ≥ FEWEST.
        reference: float M×C, M ≥ FEWEST.
    """
    import torch

    a, b = (torch.from_numpy(np.asarray(rows, np.float64)) for rows in (samples, reference))
    return share_covered(a, b, radii(b)), share_covered(b, a, radii(a))


def radii(images: "torch.Tensor") -> "torch.Tensor":
    """Return the distance of each image, a row of float64 N×C, to its third nearest neighbour: float64 N."""
    import torch

    return torch.cat([torch.cdist(rows, images).kthvalue(FEWEST).values for rows in images.split(ROWS)])  # itself first


def share_covered(images: "torch.Tensor", by: "torch.Tensor", radius: "torch.Tensor") -> float:
    """Return the share of images, rows of float64 N×C, in one of the balls around float64 M×C with radii float64 M."""
    import torch

    covered = [(torch.cdist(rows, by) <= radius).any(1) for rows in images.split(ROWS)]
    return float(torch.cat(covered).double().mean())
