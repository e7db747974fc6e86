"""Attribute prediction: a linear SVM per attribute on standardised latents (Hou et al. 2016, section 4.3.5).

An attribute's SVM is fitted and scored on the images where the attribute is known.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.data.attributes import Attributes
from pipeline.errors import InputError
from pipeline.evaluation import linear_svm, svm_notes
from pipeline.evaluation.feature_table import Table
from pipeline.evaluation.linear_svm import TOLERANCE, Fitted, LinearSVMs
from pipeline.evaluation.svm_scores import RANKINGS, score_predictions, score_rankings
from pipeline.parallel import ParallelMap, in_this_process
from pipeline.vocabulary import SPLITS, counted

Result = TypeVar("Result")
MEANS = ("accuracy", "balanced_accuracy", *RANKINGS, "majority", "valid_accuracy")  # columns that `averages` averages


class Data(NamedTuple):
    """Features and K attributes of N images."""

    x: np.ndarray  # float N×D
    attributes: Attributes
    rows: dict[str, np.ndarray]  # split → bool N


class Work(NamedTuple):
    """The unit of work: K SVMs for each of some C."""

    columns: np.ndarray  # of x
    candidates: Sequence[float]  # for C


class Validated(NamedTuple):
    """K SVMs, fitted on the training split alone."""

    C: float
    accuracy: np.ndarray  # float64 K, share of validation images that are predicted correctly; NaN where there is none
    right: int  # such images, counted over all attributes
    gradient: np.ndarray  # float64 K, of `linear_svm.Fitted`


class Evaluated(NamedTuple):
    """K SVMs on a set of features, fitted on the splits train and valid."""

    rows: pd.DataFrame  # one per attribute; `evaluate_sets` has the columns
    svms: LinearSVMs  # for the set's raw features; see `linear_svm.fit_where_known`


def evaluate(x: np.ndarray, attributes: Attributes, splits: np.ndarray, C: Sequence[float] = (1.0,),
             progress: str | None = None, parallel_map: ParallelMap = in_this_process) -> pd.DataFrame:
    """Return the rows of `evaluate_sets` for a single set that holds all columns of x."""
    return evaluate_sets(x, {"all": np.arange(x.shape[1])}, attributes, splits, C, progress, parallel_map)["all"].rows


def evaluate_sets(x: np.ndarray, sets: Mapping[str, np.ndarray], attributes: Attributes, splits: np.ndarray,
                  C: Sequence[float] = (1.0,), progress: str | None = None,
                  parallel_map: ParallelMap = in_this_process) -> dict[str, Evaluated]:
    """Train one linear SVM per set of features and attribute on the splits train and valid, and score it on test.

    Where there are validation images, SVMs are first fitted on the training split alone, with every candidate C, and
    scored on the validation split. C is chosen so, and a set can be. The test images decide nothing.

    Everything about an attribute is over the images where it is known. SVMs of attributes that are known for the same
    images are fitted together.

    Args:
        x: float N×D features. They are standardised here, with the mean and standard deviation of the images that the
            SVM is fitted on.
        sets: name of a feature set → its columns of x.
        attributes: K attributes of the N images.
        splits: str N: train, valid or test.
        C: candidates for the SVMs' C; `choose` chooses among several.
        progress: the label of a progress bar; None for no bar.
        parallel_map: where SVMs are fitted; one item is a feature set, with the K SVMs of all C or the final ones.

    Returns:
        Name of the feature set → its SVMs, and one row per attribute; shares and scores are 0 … 1. Scores are NaN for
        an attribute without a training image, or without a test image, whose value is known:
          attribute          its name
          accuracy           share of test images that are predicted correctly
          balanced_accuracy  mean of the two classes' recalls; NaN where the test set has only one class
          average_precision  of ranking the test images by decision value; NaN as above
          auroc              area under the ROC curve of the same ranking; NaN as above
          majority           accuracy of always giving the more frequent answer of the training images
          positives          number of positive test images
          images             number of test images whose value is known
          valid_accuracy     accuracy on the validation split, fitted on the training split alone with the chosen C; NaN
                             where one of the two has no image
          C                  the C that was used, the same in all rows
          note               "", or fragments of `svm_notes`: classes that are missing, and SVMs that have not converged

    Raises:
        InputError: there are attributes, but no image to train on or to test on; or several C, and no image to choose
            with.
    """
    candidates, count = sorted(C), len(attributes.names)
    data = Data(x, attributes, {split: splits == split for split in SPLITS})
    if count:
        check_images(data, candidates)
    if not count or not all(labelled(data, split) for split in ("train", "valid")):
        candidates = []  # nothing to fit and to score before the test
    with tqdm(total=len(sets) * (len(candidates) + 1) * count, desc=progress, unit="SVM",
              disable=progress is None or not count) as bar:
        def run(function: Callable[[Data, Work], Result], work: list[Work]) -> Iterator[Result]:
            for item, result in zip(work, parallel_map(function, data, work, memory=bytes_needed), strict=True):
                bar.update(count * len(item.candidates))
                yield result

        tried = [Work(columns, candidates) for columns in sets.values()] if candidates else []
        validated = dict(zip(sets, list(run(validate, tried)) or [[] for _ in sets], strict=True))
        chosen = {name: choose(of_set) if of_set else None for name, of_set in validated.items()}
        final = run(fit_and_score, [Work(columns, [best.C if (best := chosen[name]) else C[0]])
                                    for name, columns in sets.items()])
        return {name: with_validation(evaluated, chosen[name], validated[name])
                for name, evaluated in zip(sets, final, strict=True)}


def labelled(data: Data, split: str) -> int:
    """Return the number of images of a split of which at least one attribute is known."""
    return int(data.attributes.known[data.rows[split]].any(axis=1).sum())


def check_images(data: Data, C: Sequence[float]) -> None:
    """Raise InputError unless the splits have the images that `evaluate_sets` needs."""
    train, valid, test = (data.rows[split].sum() for split in ("train", "valid", "test"))
    if not train + valid or not test:
        raise InputError(f"attribute prediction needs images to train and to test on, and has {train + valid} and "
                         f"{test}; take more images or another split")
    train, valid = labelled(data, "train"), labelled(data, "valid")
    if len(C) > 1 and not (train and valid):
        raise InputError(f"the SVM's C cannot be chosen from {', '.join(f'{c:g}' for c in C)}: there are "
                         f"{counted(train, 'training image')} and {counted(valid, 'validation image')} "
                         "whose attributes are known; give svm_c a single value, or take images for both")


def choose(validated: Sequence[Validated]) -> Validated:
    """Return the SVMs with the most right answers over all attributes and images; ties go to the smallest C.

    Where all values are known, these are the SVMs with the highest mean accuracy over the attributes.
    """
    return max(sorted(validated, key=lambda svms: svms.C), key=lambda svms: svms.right)  # the first of equals


def validate(data: Data, work: Work) -> list[Validated]:
    """Fit the SVMs of a feature set for each C on the training split, and score them on the validation split."""
    rows = data.rows["valid"]
    valid, x = data.attributes.of_rows(rows), data.x[np.ix_(rows, work.columns)]
    validated = []
    for C, fitted in zip(work.candidates, fit(data, work, "train"), strict=True):
        asked = valid.known & np.isfinite(fitted.svms.weights[-1])
        right = (fitted.svms.predict(x) == valid.values) & asked
        with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as it should be
            validated.append(Validated(C, right.sum(axis=0) / asked.sum(axis=0), int(right.sum()), fitted.gradient))
    return validated


def fit_and_score(data: Data, work: Work) -> Evaluated:
    """Fit the SVMs of a feature set and one C on the splits train and valid, and score them on the test split."""
    (C,), (fitted,), test = work.candidates, fit(data, work, "train", "valid"), data.rows["test"]
    training = data.attributes.of_rows(data.rows["train"] | data.rows["valid"])
    truth = data.attributes.of_rows(test)
    decided = fitted.svms.decide(data.x[np.ix_(test, work.columns)])
    scores = score_predictions(decided > 0, truth, training) | score_rankings(decided, truth)
    about = zip(svm_notes.of_training_classes(training), svm_notes.of_test_classes(truth), fitted.gradient, strict=True)
    notes = [svm_notes.joined(of_training, of_test, not_converged(gradient, f"with C {C:g}"))
             for of_training, of_test, gradient in about]
    rows = pd.DataFrame({"attribute": truth.names, **scores, "positives": truth.values.sum(axis=0),
                         "images": truth.known.sum(axis=0), "valid_accuracy": np.nan, "C": float(C), "note": notes})
    return Evaluated(rows, fitted.svms)


def fit(data: Data, work: Work, *splits: str) -> list[Fitted]:
    """Fit SVMs for each C on the images of some splits, each on those where its attribute is known."""
    rows = np.any([data.rows[split] for split in splits], axis=0)
    table = Table(data.x, np.flatnonzero(rows), work.columns)
    return linear_svm.fit_where_known(table, data.attributes.of_rows(rows), work.candidates)


def bytes_needed(data: Data, work: Work) -> int:
    """Return about how much memory a unit of work takes beside the data."""
    return linear_svm.bytes_to_fit(len(data.x), len(work.columns), len(data.attributes.names))


def not_converged(gradient: float, where: str) -> str:
    """Return the note on a gradient of `linear_svm.Fitted`: "" where it is small enough."""
    return "" if gradient <= TOLERANCE else svm_notes.not_converged(gradient, TOLERANCE, where)


def with_validation(evaluated: Evaluated, chosen: Validated | None, validated: Sequence[Validated]) -> Evaluated:
    """Add what the SVMs on the training split alone have to tell: `valid_accuracy`, and which have not converged.

    Args:
        evaluated: the final SVMs.
        chosen: that of `validated` whose C they have; None without validation images.
        validated: the SVMs of all candidates.
    """
    notes = [svm_notes.joined(note, *(
        not_converged(of_c.gradient[i], f"with C {of_c.C:g} on the training split alone") for of_c in validated))
        for i, note in enumerate(evaluated.rows["note"])]
    accuracy = np.nan if chosen is None else chosen.accuracy
    return evaluated._replace(rows=evaluated.rows.assign(valid_accuracy=accuracy, note=notes))


def averages(rows: pd.DataFrame) -> dict[str, float]:
    """Average the rows of `evaluate_sets` over the attributes.

    Args:
        rows: of at least one attribute.

    Returns the means of the columns `MEANS`, 0 … 1, where NaNs are left out; and C.
    """
    return {**{name: float(rows[name].mean()) for name in MEANS}, "C": float(rows["C"].iloc[0])}
