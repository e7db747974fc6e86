"""Attribute prediction: 40 linear SVMs on standardised latents (Hou et al. 2016, section 4.3.5)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.data.attributes import ATTRIBUTES
from pipeline.errors import InputError
from pipeline.evaluation import linear_svm


def evaluate(x: np.ndarray, y: np.ndarray, splits: np.ndarray, C: Sequence[float] = (1.0,),
             progress: str | None = None) -> pd.DataFrame:
    """Train one linear SVM per attribute on the splits train and valid, and score it on the split test.

    `x`: N×D; standardised here, by the mean and deviation of what is trained on. `y`: bool N×40, in the order of
    `ATTRIBUTES`. `splits`: str N, train, valid or test.
    `C`: candidates for the SVM's penalty. Of several, the one is taken, for all attributes alike, with which SVMs
    trained on train alone have the highest mean accuracy on valid; of equally good ones the smallest.
    `progress`: the words beside a progress bar, None for no bar.

    One row per attribute, shares in 0 … 1:
      attribute          CelebA's name
      accuracy           share of test images predicted rightly
      balanced_accuracy  mean of the two classes' recalls; NaN where the test set has one class only
      majority           accuracy of always giving the training set's more frequent class
      positives          number of positive test images
      C                  the penalty taken, the same in all rows
      note               "" or, where training has one class only, that this class was answered

    Raises InputError where there is nothing to train on, to test on, or, of several C, to choose on.
    """
    y, C = np.asarray(y, dtype=bool), sorted(C)
    of = {split: splits == split for split in ("train", "valid", "test")}
    training = of["train"] | of["valid"]
    if not training.any() or not of["test"].any():
        raise InputError(f"attribute prediction needs images to train and to test on, and has {training.sum()} and "
                         f"{of['test'].sum()}; take more images or another split")
    if len(C) > 1 and not (of["train"].any() and of["valid"].any()):
        raise InputError(f"the SVM's C cannot be chosen from {', '.join(f'{c:g}' for c in C)}: there are "
                         f"{of['train'].sum()} training and {of['valid'].sum()} validation images; "
                         "give svm_c a single value, or take images for both")
    best, fits = C[0], len(C) + 1 if len(C) > 1 else 1
    with tqdm(total=fits * len(ATTRIBUTES), desc=progress, unit="SVM", disable=progress is None) as bar:
        if len(C) > 1:
            chosen_on = fit_and_score(x, y, of["train"], of["valid"], C, bar)
            best = C[np.argmax([rows["accuracy"].mean() for rows in chosen_on])]  # the first of equal ones
        rows, = fit_and_score(x, y, training, of["test"], [best], bar)
    return rows


def fit_and_score(x: np.ndarray, y: np.ndarray, fitted: np.ndarray, scored: np.ndarray, C: Sequence[float],
                  bar: tqdm) -> list[pd.DataFrame]:
    """The rows of `evaluate` for each C, fitted on the images of one mask and scored on those of another, bool N."""
    fit_x, score_x = x[fitted].astype(np.float64), x[scored].astype(np.float64)
    mean, deviation = fit_x.mean(axis=0), fit_x.std(axis=0)
    deviation[deviation == 0] = 1  # a constant feature is zero then
    for features in (fit_x, score_x):
        features -= mean
        features /= deviation
    results = []
    for c in C:
        predicted = linear_svm.predict(linear_svm.fit(fit_x, y[fitted], c), score_x)
        results.append(pd.DataFrame([score(name, predicted[:, i], y[scored, i], y[fitted, i], c)
                                     for i, name in enumerate(ATTRIBUTES)]))
        bar.update(len(ATTRIBUTES))
    return results


def score(attribute: str, predicted: np.ndarray, truth: np.ndarray, training: np.ndarray, C: float) -> dict:
    """A row of `evaluate` from an attribute's predictions and true labels, both bool N, and its training labels."""
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
