"""What the baselines of Table 1 are given, and what they return; each is a file of `pipeline/evaluation/baselines`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.data import shards
from pipeline.data.attributes import Attributes
from pipeline.errors import InputError
from pipeline.evaluation import svm_notes
from pipeline.evaluation.svm_scores import score_predictions, score_rankings
from pipeline.vocabulary import SPLITS

READ_AT_ONCE = 512  # images


class Faces(NamedTuple):
    """The faces of one view, read batch by batch: CelebA's are too many to hold as floats."""

    root: Path  # of the shards
    view: str

    def count(self, split: str) -> int:
        """Return the number of images in a split."""
        return int(shards.manifest(self.root, self.view)["images"][split])

    def batches(self, split: str, size: int = READ_AT_ONCE) -> Iterator[np.ndarray]:
        """Yield the pixels of a split in file order, uint8 N×3×S×S, at most `size` images at a time."""
        return (pixels for _, pixels in shards.batches(self.root, self.view, split, size))

    def all_batches(self, label: str, size: int = READ_AT_ONCE) -> Iterator[np.ndarray]:
        """Yield the pixels of all splits, train, valid, then test, under a progress bar with this label."""
        with tqdm(total=sum(map(self.count, SPLITS)), unit=" images", desc=label, mininterval=5) as bar:
            for split in SPLITS:
                for pixels in self.batches(split, size):
                    yield pixels
                    bar.update(len(pixels))

    def features(self, label: str, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return float32 N×D: the features of all splits, of which `function` makes a batch's, n×D, from its pixels.

        Raises:
            InputError: as `check_finite` does.
        """
        x = np.concatenate([function(pixels).astype(np.float32) for pixels in self.all_batches(label)])
        check_finite(label, x)
        return x


class Given(NamedTuple):
    """What a baseline may use; it need not use all."""

    faces: Faces
    image_size: int  # width and height of the faces in pixels
    latent_dim: int  # dimensions of the variants' latent vectors
    channels: tuple[int, ...]  # of the VAE's encoder
    layers: tuple[str, ...]  # of loss.layers
    loss_network: Path  # a file of `loss_network.file.write_loss_network`
    epochs: int  # of a supervised training
    train_seed: int  # of initial weights and of the order of images
    seed: int  # of everything else


class Features(NamedTuple):
    """What SVMs learn from, as they learn from the latent vectors of a variant."""

    label: str  # the baseline's name in Table 1
    note: str  # a sentence or more on what it is, below Table 1
    x: np.ndarray  # float32 N×D, of the splits train, valid, test, in file order


class Decisions(NamedTuple):
    """What a baseline that needs no SVM decides: above 0 for an attribute that the face has."""

    label: str
    note: str
    valid: np.ndarray  # float32 V×K, columns in the order of the data set's attributes
    test: np.ndarray  # float32 T×K


def check_finite(label: str, x: np.ndarray) -> None:
    """Raise InputError unless all features of a baseline, float N×D, are finite. label: its name."""
    finite = np.isfinite(x).all(axis=1)
    if not finite.all():
        raise InputError(f"the features of the baseline {label} are not finite for {(~finite).sum():,} of "
                         f"{len(finite):,} images; give its network other weights, or leave it out of "
                         "baselines.methods")


def check_validation_images(faces: Faces, what: str) -> None:
    """Raise InputError unless the view has images to train on and to choose with. what: the baseline's name."""
    for split in ("train", "valid"):
        if not faces.count(split):
            raise InputError(f"baselines.methods has {what}, which needs images of the split {split}, and there are "
                             "none; take more images, or leave it out")


def score_decisions(decisions: Decisions, attributes: Attributes, splits: np.ndarray) -> pd.DataFrame:
    """Score decisions as `evaluation.svm.evaluate` scores those of SVMs.

    Args:
        decisions: of the validation and the test images.
        attributes: of all N images.
        splits: str N: train, valid or test.

    Returns:
        The columns of `evaluation.svm.evaluate`; C is NaN, since there is no SVM. The majority class is that of the
        splits train and valid, as for SVMs. valid_accuracy is the share of right decisions on validation images. All
        scores of an attribute are NaN where it is known for no training image, since nothing was learned about it.
    """
    train, valid, truth = (attributes.of_rows(splits == split) for split in SPLITS)
    learned = np.asarray(train.known.any(axis=0))
    scores = (score_predictions(decisions.test > 0, truth, attributes.of_rows(splits != "test"))
              | score_rankings(decisions.test, truth))
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as it should be
        valid_accuracy = (((decisions.valid > 0) == valid.values) & valid.known).sum(axis=0) / valid.known.sum(axis=0)
    notes = [svm_notes.joined("" if seen else svm_notes.NO_TRAINING_IMAGE, of_test)
             for seen, of_test in zip(learned.tolist(), svm_notes.of_test_classes(truth), strict=True)]
    return pd.DataFrame({
        "attribute": truth.names, **{name: np.where(learned, score, np.nan) for name, score in scores.items()},
        "positives": truth.values.sum(axis=0), "images": truth.known.sum(axis=0),
        "valid_accuracy": np.where(learned, valid_accuracy, np.nan), "C": float("nan"), "note": notes})
