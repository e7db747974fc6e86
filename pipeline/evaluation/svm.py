"""Attribute prediction: 40 linear SVMs on standardised latents (Hou et al. 2016, section 4.3.5)."""

import joblib
import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from tqdm import tqdm

from pipeline.data.attributes import ATTRIBUTES


def evaluate(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, test_y: np.ndarray,
             C: float = 1.0, jobs: int | None = None, progress: str | None = None) -> pd.DataFrame:
    """Train one linear SVM per attribute on the training latents and score it on the test latents.

    `train_x`, `test_x`: N×D; standardised here, by the training set's mean and deviation.
    `train_y`, `test_y`: bool N×40, in the order of `ATTRIBUTES`. `C`: the SVM's penalty.
    `jobs`: parallel fits; None takes the number from `joblib.parallel_config` (1 without one), which also chooses
    the backend (threads without one). `progress`: the words beside a progress bar, None for no bar. The result
    depends on neither.

    One row per attribute, shares in 0 … 1:
      attribute          CelebA's name
      accuracy           share of test images predicted rightly
      balanced_accuracy  mean of the two classes' recalls; NaN where the test set has one class only
      majority           accuracy of always answering the training set's more frequent class
      positives          number of positive test images
      note               "" or, where training has one class only, that this class was answered
    """
    if len(train_x) == 0 or len(test_x) == 0:
        raise ValueError(f"need training and test images, got {len(train_x)} and {len(test_x)}")
    # liblinear works in C-ordered float64; converting here avoids one copy per attribute.
    scaler = StandardScaler().fit(np.asarray(train_x, dtype=np.float64, order="C"))
    train_x = scaler.transform(np.asarray(train_x, dtype=np.float64))
    test_x = scaler.transform(np.asarray(test_x, dtype=np.float64))
    train_y, test_y = np.asarray(train_y, dtype=bool), np.asarray(test_y, dtype=bool)
    with tqdm(total=len(ATTRIBUTES), desc=progress, unit="SVM", disable=progress is None) as bar:
        # Threads unless the caller's configuration names a backend: liblinear works without the interpreter's lock, and
        # threads share the latents and start at once, where processes would import everything first.
        fits = ParallelWithBar(bar, n_jobs=jobs, prefer="threads")(
            joblib.delayed(fit_and_score)(train_x, train_y[:, i], test_x, test_y[:, i], C)
            for i in range(len(ATTRIBUTES)))
    return pd.DataFrame([{"attribute": name, **fit} for name, fit in zip(ATTRIBUTES, fits)])


def fit_and_score(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, test_y: np.ndarray, C: float) -> dict:
    """Fit one SVM on standardised float64 N×D and bool N; a row of `evaluate` without the attribute's name."""
    majority = 2 * train_y.sum() > len(train_y)
    note = ""
    if train_y.all() or not train_y.any():
        note = f"only {'positive' if majority else 'negative'} training images: always answered so"
        predicted = np.full(len(test_y), majority)
    else:
        # dual=False: Newton's method in the primal, which draws no random numbers.
        predicted = LinearSVC(C=C, dual=False).fit(train_x, train_y).predict(test_x)
    right = predicted == test_y
    both = test_y.any() and not test_y.all()
    return {"accuracy": float(right.mean()),
            "balanced_accuracy": float((right[test_y].mean() + right[~test_y].mean()) / 2) if both else float("nan"),
            "majority": float((test_y == majority).mean()),
            "positives": int(test_y.sum()),
            "note": note}


def averages(rows: pd.DataFrame) -> dict[str, float]:
    """Mean accuracy, balanced accuracy and majority over the attributes, 0 … 1; NaN rows (one class) left out."""
    return {name: float(rows[name].mean()) for name in ("accuracy", "balanced_accuracy", "majority")}


class ParallelWithBar(joblib.Parallel):
    """`joblib.Parallel` that moves a tqdm bar; `return_as="generator"` would not run on Ray's backend."""

    def __init__(self, bar: tqdm, **options):
        super().__init__(**options)
        self.bar = bar

    def print_progress(self) -> None:
        self.bar.update(self.n_completed_tasks - self.bar.n)
