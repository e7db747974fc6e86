"""Attribute prediction: 40 linear SVMs on standardised latents (Hou et al. 2016, section 4.3.5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.cluster import each, kept_connected
from pipeline.config import Cluster
from pipeline.errors import InputError
from pipeline.evaluation import linear_svm
from pipeline.vocabulary import ATTRIBUTES


class Data(NamedTuple):
    """Features and labels of N images."""

    x: np.ndarray  # float N×D
    y: np.ndarray  # bool N×40
    of: dict[str, np.ndarray]  # split → bool N


class Fit(NamedTuple):
    """40 SVMs to fit on the images of some splits and to try on those of another: the unit of work."""

    columns: np.ndarray  # of x
    fitted: tuple[str, ...]
    tried: str
    C: float


def evaluate(x: np.ndarray, y: np.ndarray, splits: np.ndarray, C: Sequence[float] = (1.0,),
             progress: str | None = None, cluster: Cluster | None = None) -> pd.DataFrame:
    """`evaluate_sets` for one set, all columns of x."""
    return evaluate_sets(x, {"all": np.arange(x.shape[1])}, y, splits, C, progress, cluster)["all"]


def evaluate_sets(x: np.ndarray, sets: Mapping[str, np.ndarray], y: np.ndarray, splits: np.ndarray,
                  C: Sequence[float] = (1.0,), progress: str | None = None,
                  cluster: Cluster | None = None) -> dict[str, pd.DataFrame]:
    """Train one linear SVM per set of features and attribute on the splits train and valid, and score it on test.

    `x`: N×D; standardised here, by the mean and deviation of what is trained on. `sets`: name → columns of x.
    `y`: bool N×40, in the order of `ATTRIBUTES`. `splits`: str N, train, valid or test.
    `C`: candidates for the SVMs' penalty. Of several, the one is taken for a set, for all attributes alike, with which
    SVMs trained on train alone have the highest mean accuracy on valid; of equally good ones the smallest.
    `progress`: the words beside a progress bar, None for no bar.
    `cluster`: where Ray has a cluster for the work; a task is the 40 SVMs of a set and a C.

    For every set one row per attribute, shares in 0 … 1:
      attribute          CelebA's name
      accuracy           share of test images predicted rightly
      balanced_accuracy  mean of the two classes' recalls; NaN where the test set has one class only
      majority           accuracy of always giving the training set's more frequent class
      positives          number of positive test images
      C                  the penalty taken, the same in all rows
      note               "" or, where training has one class only, that this class was answered

    Raises InputError where there is nothing to train on, to test on, or, of several C, to choose on.
    """
    C = sorted(C)
    data = Data(x, np.asarray(y, dtype=bool), {split: splits == split for split in ("train", "valid", "test")})
    of = data.of
    training = of["train"] | of["valid"]
    if not training.any() or not of["test"].any():
        raise InputError(f"attribute prediction needs images to train and to test on, and has {training.sum()} and "
                         f"{of['test'].sum()}; take more images or another split")
    if len(C) > 1 and not (of["train"].any() and of["valid"].any()):
        raise InputError(f"the SVM's C cannot be chosen from {', '.join(f'{c:g}' for c in C)}: there are "
                         f"{of['train'].sum()} training and {of['valid'].sum()} validation images; "
                         "give svm_c a single value, or take images for both")
    best, fits = dict.fromkeys(sets, C[0]), len(C) + 1 if len(C) > 1 else 1
    with (kept_connected(cluster),
          tqdm(total=len(sets) * fits * len(ATTRIBUTES), desc=progress, unit="SVM", disable=progress is None) as bar):
        def rows(work: list[Fit]) -> Iterator[pd.DataFrame]:
            for found in each(fit_and_score, data, work, cluster):
                bar.update(len(found))
                yield found

        if len(C) > 1:
            chosen_on = rows([Fit(columns, ("train",), "valid", c) for columns in sets.values() for c in C])
            for name in sets:
                best[name] = C[np.argmax([next(chosen_on)["accuracy"].mean() for _ in C])]  # the first of equal ones
            next(chosen_on, None)  # ends it
        final = rows([Fit(columns, ("train", "valid"), "test", best[name]) for name, columns in sets.items()])
        return dict(zip(sets, final, strict=True))


def fit_and_score(data: Data, work: Fit) -> pd.DataFrame:
    """The rows of `evaluate_sets` for one set and one C."""
    fitted, tried = np.any([data.of[split] for split in work.fitted], axis=0), data.of[work.tried]
    fit_x, tried_x = (data.x[rows][:, work.columns].astype(np.float64) for rows in (fitted, tried))
    mean, deviation = fit_x.mean(axis=0), fit_x.std(axis=0)
    deviation[deviation == 0] = 1  # a constant feature is zero then
    for features in (fit_x, tried_x):
        features -= mean
        features /= deviation
    predicted = linear_svm.predict(linear_svm.fit(fit_x, data.y[fitted], work.C), tried_x)
    return pd.DataFrame([score(name, predicted[:, i], data.y[tried, i], data.y[fitted, i], work.C)
                         for i, name in enumerate(ATTRIBUTES)])


def score(attribute: str, predicted: np.ndarray, truth: np.ndarray, training: np.ndarray, C: float) -> dict:
    """A row of `evaluate_sets` from an attribute's predictions and true labels, bool N, and its training labels."""
    majority = 2 * training.sum() > len(training)
    note = ""
    if training.all() or not training.any():
        note = f"only {'positive' if majority else 'negative'} training images: always answered so"
        predicted = np.full(len(truth), majority)
    right = predicted == truth
    both = truth.any() and not truth.all()
    return {"attribute": attribute,
            "accuracy": float(right.mean()),
            "balanced_accuracy": float((right[truth].mean() + right[~truth].mean()) / 2) if both else float("nan"),
            "majority": float((truth == majority).mean()),
            "positives": int(truth.sum()),
            "C": float(C),
            "note": note}


def averages(rows: pd.DataFrame) -> dict[str, float]:
    """Mean accuracy, balanced accuracy and majority over the attributes, 0 … 1, without those that are NaN; and C."""
    means = {name: float(rows[name].mean()) for name in ("accuracy", "balanced_accuracy", "majority")}
    return {**means, "C": float(rows["C"].iloc[0])}
