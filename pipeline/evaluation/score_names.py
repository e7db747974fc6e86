"""What the scores of samples are called, in metrics/ and by the report, and the images that are compared."""

from typing import NamedTuple

LOSS_NETWORK, INCEPTION = "loss_network", "inception"  # the networks in whose features samples are scored


class Names(NamedTuple):
    """What the scores in the features of one network are called in metrics/."""

    frechet: str
    kernel: str
    precision: str
    recall: str


NAMES = {  # network → names of its scores
    LOSS_NETWORK: Names("frechet_distance", "kid", "precision", "recall"),
    INCEPTION: Names("fid", "inception_kid", "inception_precision", "inception_recall"),
}
LOW, HIGH = "_low", "_high"  # behind the name of a distance: the ends of its interval
NEIGHBOURS = 3  # k of precision and recall, as in their paper
IMAGES_OF = {"train": "training images", "valid": "validation images", "test": "test images"}  # split → in words
