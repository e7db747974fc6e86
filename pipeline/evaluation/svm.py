"""Attribute prediction: 40 linear SVMs on standardised latents (Hou et al. 2016, section 4.3.5)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.errors import InputError
from pipeline.evaluation import linear_svm
from pipeline.parallel import ParallelMap, in_this_process
from pipeline.vocabulary import ATTRIBUTES, SPLITS


class Data(NamedTuple):
    """Features and labels of N images."""

    x: np.ndarray  # float N×D
    y: np.ndarray  # bool N×40
    rows: dict[str, np.ndarray]  # split → bool N


class Fit(NamedTuple):
    """The unit of work: 40 SVMs to fit on the images of some splits and to score on those of another."""

    columns: np.ndarray  # of x
    fit_on: tuple[str, ...]
    score_on: str
    C: float


def evaluate(x: np.ndarray, y: np.ndarray, splits: np.ndarray, C: Sequence[float] = (1.0,),
             progress: str | None = None, parallel_map: ParallelMap = in_this_process) -> pd.DataFrame:
    """Do the same as `evaluate_sets` for a single set that holds all columns of x."""
    return evaluate_sets(x, {"all": np.arange(x.shape[1])}, y, splits, C, progress, parallel_map)["all"]


def evaluate_sets(x: np.ndarray, sets: Mapping[str, np.ndarray], y: np.ndarray, splits: np.ndarray,
                  C: Sequence[float] = (1.0,), progress: str | None = None,
                  parallel_map: ParallelMap = in_this_process) -> dict[str, pd.DataFrame]:
    """Train one linear SVM per set of features and attribute on the splits train and valid, and score it on test.

    Args:
        x: float N×D features. They are standardised here, with the mean and standard deviation of the training images.
        sets: name of a feature set → its columns of x.
        y: bool N×40, in the order of `ATTRIBUTES`.
        splits: str N: train, valid or test.
        C: candidates for the SVMs' C; `choose_C` chooses among several.
        progress: the label of a progress bar; None for no bar.
        parallel_map: where SVMs are fitted; one item is the 40 SVMs of a feature set and a C.

    Returns:
        Name of the feature set → one row per attribute; shares are 0 … 1:
          attribute          CelebA's name
          accuracy           share of test images that are predicted correctly
          balanced_accuracy  mean of the two classes' recalls; NaN where the test set has only one class
          majority           accuracy of always answering the more frequent class of the training set
          positives          number of positive test images
          C                  the C that was used, the same in all rows
          note               "", or which class was always answered because the training set has no other

    Raises:
        InputError: there is no image to train on or to test on; or there are several C and no image to choose with.
    """
    C = sorted(C)
    data = Data(x, np.asarray(y, dtype=bool), {split: splits == split for split in SPLITS})
    check_images(data.rows, C)
    fits_per_set = len(C) + 1 if len(C) > 1 else 1
    with tqdm(total=len(sets) * fits_per_set * len(ATTRIBUTES), desc=progress, unit="SVM",
              disable=progress is None) as bar:
        def run(fits: list[Fit]) -> Iterator[pd.DataFrame]:
            for scores in parallel_map(fit_and_score, data, fits):
                bar.update(len(scores))
                yield scores

        best = choose_C(sets, C, run)
        final = run([Fit(columns, ("train", "valid"), "test", best[name]) for name, columns in sets.items()])
        return dict(zip(sets, final, strict=True))


def check_images(rows: Mapping[str, np.ndarray], C: Sequence[float]) -> None:
    """Raise InputError unless the splits have the images that `evaluate_sets` needs."""
    train, valid, test = (rows[split].sum() for split in ("train", "valid", "test"))
    if not train + valid or not test:
        raise InputError(f"attribute prediction needs images to train and to test on, and has {train + valid} and "
                         f"{test}; take more images or another split")
    if len(C) > 1 and not (train and valid):
        raise InputError(f"the SVM's C cannot be chosen from {', '.join(f'{c:g}' for c in C)}: there are "
                         f"{train} training and {valid} validation images; "
                         "give svm_c a single value, or take images for both")


def choose_C(sets: Mapping[str, np.ndarray], C: Sequence[float],
             run: Callable[[list[Fit]], Iterator[pd.DataFrame]]) -> dict[str, float]:
    """Choose C per feature set by mean validation accuracy over all attributes; ties go to the smallest.

    Args:
        sets: name of a feature set → its columns.
        C: candidates, in ascending order.
        run: fits and scores SVMs, and yields their rows in order.
    """
    if len(C) == 1:
        return dict.fromkeys(sets, C[0])
    scores = run([Fit(columns, ("train",), "valid", c) for columns in sets.values() for c in C])
    accuracies = {name: [next(scores)["accuracy"].mean() for _ in C] for name in sets}
    next(scores, None)  # ends the generator
    return {name: C[int(np.argmax(of_set))] for name, of_set in accuracies.items()}  # the first of equals


def fit_and_score(data: Data, work: Fit) -> pd.DataFrame:
    """Return the rows of `evaluate_sets` for one feature set and one C."""
    fitted, scored = np.any([data.rows[split] for split in work.fit_on], axis=0), data.rows[work.score_on]
    fit_x, score_x = (data.x[rows][:, work.columns].astype(np.float64) for rows in (fitted, scored))
    mean, deviation = fit_x.mean(axis=0), fit_x.std(axis=0)
    deviation[deviation == 0] = 1  # a constant feature becomes zero
    for features in (fit_x, score_x):
        features -= mean
        features /= deviation
    predicted = linear_svm.predict(linear_svm.fit(fit_x, data.y[fitted], work.C), score_x)
    return pd.DataFrame([score_attribute(name, predicted[:, i], data.y[scored, i], data.y[fitted, i], work.C)
                         for i, name in enumerate(ATTRIBUTES)])


def score_attribute(attribute: str, predicted: np.ndarray, truth: np.ndarray, training: np.ndarray, C: float
                    ) -> dict[str, Any]:
    """Return one attribute's row of `evaluate_sets`.

    Args:
        attribute: CelebA's name.
        predicted: bool N, what the SVM predicts of the scored images.
        truth: bool N, their labels.
        training: bool M, the labels of the training images.
        C: with which the SVM was fitted.
    """
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
    """Average the rows of `evaluate_sets` over the attributes.

    Returns:
        Mean accuracy, balanced_accuracy and majority, 0 … 1, where NaNs are left out; and C.
    """
    means = {name: float(rows[name].mean()) for name in ("accuracy", "balanced_accuracy", "majority")}
    return {**means, "C": float(rows["C"].iloc[0])}
