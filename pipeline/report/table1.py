"""Table 1 of Hou et al. 2016: attribute prediction, ours beside the published numbers and baselines.

Beside accuracy stands balanced accuracy, the mean of the two classes' recalls. Accuracy says little about attributes
that few faces have, such as Bald, while the majority class scores 50 % in balanced accuracy. Average precision and
AUROC score the ranking of the test images by decision value. The papers give none of these three.

`report.table1_layout` makes tables for readers of these numbers, and `report.table1_files` writes them.
"""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from pipeline.report.svm_tables import SvmTables
from pipeline.vocabulary import ATTRIBUTES, readable

AVERAGE = "Average"
ACCURACY, BALANCED, PRECISION, AUROC = "accuracy", "balanced accuracy", "average precision", "AUROC"
MEASURES = {ACCURACY: "accuracy", BALANCED: "balanced_accuracy", PRECISION: "average_precision", AUROC: "auroc"}
VALIDATION = "validation accuracy"
COLUMNS = ("measure", "source", "method", "view", VALIDATION, *ATTRIBUTES, AVERAGE)
MAJORITY = "majority class"


def published() -> pd.DataFrame:
    """Return the paper's seven rows in percent, as printed: index method, columns the 40 attributes and Average."""
    with resources.files(__package__).joinpath("published_table1.csv").open() as file:
        table = pd.read_csv(file, index_col="method").astype(float)
    return table[[*ATTRIBUTES, AVERAGE]]


@cache
def published_averages() -> dict[str, float]:
    """Return method → average accuracy in percent, as printed in the paper."""
    return {str(method): float(average) for method, average in published()[AVERAGE].items()}


def build_table1(results: SvmTables, baselines: SvmTables | None = None) -> pd.DataFrame:
    """Return one row per method and measure, in percent: the published ones, the majority class, baselines, then ours.

    The majority class always answers with the more frequent training label, and is scored on the same test images as
    ours. It ranks all images alike: its average precision is the share of positives, and its AUROC 50 %. It has one row
    per measure, or one per set of views where sets hold different images.

    Args:
        results: what `report.svm_tables.read_svm_tables` returned.
        baselines: what `report.svm_tables.read_baseline_tables` returned.

    Returns:
        Columns: measure (those of `MEASURES` in turn; only accuracy has published rows), source ("paper", "baseline" or
        "ours"), method, view (the set of views, "" where it does not apply), validation accuracy (ours: the average
        accuracy on the validation images, fitted on the training images alone, by which a set of views is chosen; else
        NaN), the 40 attributes, and Average, the mean over the 40. All measures but accuracy are NaN, and left out of
        the average, where the test images have one class only.
    """
    ours, simple = ([(method, view_set, scores.set_index("attribute").loc[list(ATTRIBUTES)])
                     for method, sets in tables.items() for view_set, scores in sets.items()]
                    for tables in (results, baselines or {}))
    # The majority's accuracies as bytes → the sets of views that have them, and its scores by measure.
    majorities: dict[bytes, tuple[list[str], dict[str, pd.Series]]] = {}
    for _, view_set, scores in [*ours, *simple]:
        same = majorities.setdefault(scores["majority"].to_numpy().tobytes(), ([], majority_scores(scores)))
        if view_set not in same[0]:
            same[0].append(view_set)

    paper = published()
    rows = [(ACCURACY, "paper", method, "", np.nan, *percent)
            for method, percent in zip(paper.index, paper.to_numpy(), strict=True)]
    for measure, column in MEASURES.items():
        for view_sets, of_majority in majorities.values():
            where = ", ".join(view_sets) if len(majorities) > 1 else ""
            rows.append((measure, "baseline", MAJORITY, where, np.nan, *with_average(of_majority[measure])))
        rows += [(measure, source, method, view_set, 100 * scores["valid_accuracy"].mean(),
                  *with_average(scores[column]))
                 for source, scored in (("baseline", simple), ("ours", ours)) for method, view_set, scores in scored]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def majority_scores(scores: pd.DataFrame) -> dict[str, pd.Series]:
    """Return measure → the majority class's share for each attribute. scores: rows of `evaluation.svm.evaluate`."""
    chance = pd.Series(0.5, scores.index).where(scores["balanced_accuracy"].notna())
    positives = (scores["positives"] / scores["images"]).where(scores["balanced_accuracy"].notna())
    return {ACCURACY: scores["majority"], BALANCED: chance, PRECISION: positives, AUROC: chance}


def with_average(shares: pd.Series) -> np.ndarray:
    """Return 40 shares in 0 … 1 as 41 percentages; the last is the mean of those that are numbers."""
    percent = 100 * shares.to_numpy(dtype=float)
    return np.append(percent, np.nan if np.isnan(percent).all() else np.nanmean(percent))


def without_both_classes(table: pd.DataFrame) -> list[str]:
    """Return the attributes of which the test images have one class only: they have an accuracy and no other score."""
    balanced = table[table["measure"] == BALANCED]
    return [name for name in ATTRIBUTES if balanced[name].isna().any()]


def table1_notes(table: pd.DataFrame) -> list[str]:
    """Return sentences that belong below the table."""
    skipped = without_both_classes(table)
    notes = ["Balanced accuracy is the mean of the two classes' recalls. Average precision and AUROC score the ranking "
             "of the images by decision value. The papers give none of the three."]
    if skipped:
        notes.append(f"These three are not defined, and left out of their averages, for {len(skipped)} of the "
                     f"{len(ATTRIBUTES)} attributes, of which the test images have one class only: "
                     f"{', '.join(map(readable, skipped))}.")
    return notes
