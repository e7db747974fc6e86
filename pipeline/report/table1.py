"""Table 1 of Hou et al. 2016: attribute prediction, ours beside the published numbers and baselines.

The published numbers stand there for those of CelebA's 40 attributes that the data set has.

Beside accuracy stands balanced accuracy, the mean of the two classes' recalls. Accuracy says little about attributes
that few faces have, such as Bald, while the majority class scores 50 % in balanced accuracy. Average precision and
AUROC score the ranking of the test images by decision value. The papers give none of these three.

`report.table1_layout` makes tables for readers of these numbers, and `report.table1_files` writes them.
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from pipeline.report.attribute_words import celebas
from pipeline.report.svm_tables import SvmTables
from pipeline.vocabulary import ATTRIBUTES, readable

AVERAGE = "Average"
ACCURACY, BALANCED, PRECISION, AUROC = "accuracy", "balanced accuracy", "average precision", "AUROC"
MEASURES = {ACCURACY: "accuracy", BALANCED: "balanced_accuracy", PRECISION: "average_precision", AUROC: "auroc"}
VALIDATION = "validation accuracy"
LEADING = ("measure", "source", "method", "view", VALIDATION)  # columns before those of the attributes
MAJORITY = "majority class"


def published() -> pd.DataFrame:
    """Return the paper's seven rows in percent, as printed: index method, columns the 40 attributes and Average."""
    with resources.files(__package__).joinpath("published_table1.csv").open() as file:
        table = pd.read_csv(file, index_col="method").astype(float)
    return table[[*ATTRIBUTES, AVERAGE]]


def published_of(names: Sequence[str]) -> pd.DataFrame:
    """Return the published rows for some attributes, of any names.

    Returns:
        Index method, columns `names` and Average. An attribute that is none of CelebA's is NaN. Average is as printed
        in the paper where all 40 are there, else the mean over those that are. Without any of CelebA's, there is no
        row.
    """
    table, of_celeba = published(), celebas(names)
    if not of_celeba:
        return table.iloc[:0].reindex(columns=[*names, AVERAGE])
    average = table[AVERAGE] if len(of_celeba) == len(ATTRIBUTES) else table[of_celeba].mean(axis=1)
    return table.reindex(columns=list(names)).assign(**{AVERAGE: average})


@cache
def published_averages(names: tuple[str, ...] = ATTRIBUTES) -> dict[str, float]:
    """Return method → average accuracy in percent over those of the attributes that are CelebA's."""
    return {str(method): float(average) for method, average in published_of(names)[AVERAGE].items()}


def attributes_of(table: pd.DataFrame) -> list[str]:
    """Return the attributes that Table 1 has columns of."""
    return list(table.columns[len(LEADING):-1])


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
        NaN), the K attributes in the order of the first table, and Average, the mean over the K. All measures but
        accuracy are NaN, and left out of the average, where the test images have one class only; all are where the
        attribute is unknown. Published rows are those of `published_of`. Without any result there is no row.
    """
    names = next((list(scores["attribute"]) for sets in results.values() for scores in sets.values()), [])
    ours, simple = ([(method, view_set, scores.set_index("attribute").loc[names])
                     for method, sets in tables.items() for view_set, scores in sets.items()]
                    for tables in (results, (baselines or {}) if names else {}))
    # The majority's accuracies as bytes → the sets of views that have them, and its scores by measure.
    majorities: dict[bytes, tuple[list[str], dict[str, pd.Series]]] = {}
    for _, view_set, scores in [*ours, *simple]:
        same = majorities.setdefault(scores["majority"].to_numpy().tobytes(), ([], majority_scores(scores)))
        if view_set not in same[0]:
            same[0].append(view_set)

    paper = published_of(names)
    rows = [(ACCURACY, "paper", method, "", np.nan, *percent)
            for method, percent in zip(paper.index, paper.to_numpy(), strict=True)]
    for measure, column in MEASURES.items():
        for view_sets, of_majority in majorities.values():
            where = ", ".join(view_sets) if len(majorities) > 1 else ""
            rows.append((measure, "baseline", MAJORITY, where, np.nan, *with_average(of_majority[measure])))
        rows += [(measure, source, method, view_set, 100 * scores["valid_accuracy"].mean(),
                  *with_average(scores[column]))
                 for source, scored in (("baseline", simple), ("ours", ours)) for method, view_set, scores in scored]
    return pd.DataFrame(rows, columns=[*LEADING, *names, AVERAGE])


def majority_scores(scores: pd.DataFrame) -> dict[str, pd.Series]:
    """Return measure → the majority class's share for each attribute. scores: rows of `evaluation.svm.evaluate`."""
    chance = pd.Series(0.5, scores.index).where(scores["balanced_accuracy"].notna())
    positives = (scores["positives"] / scores["images"]).where(scores["balanced_accuracy"].notna())
    return {ACCURACY: scores["majority"], BALANCED: chance, PRECISION: positives, AUROC: chance}


def with_average(shares: pd.Series) -> np.ndarray:
    """Return K shares in 0 … 1 as K + 1 percentages; the last is the mean of those that are numbers."""
    percent = 100 * shares.to_numpy(dtype=float)
    return np.append(percent, np.nan if np.isnan(percent).all() else np.nanmean(percent))


def without_both_classes(table: pd.DataFrame) -> list[str]:
    """Return the attributes of which the test images have one class only: they have an accuracy and no other score."""
    balanced, unknown = table[table["measure"] == BALANCED], without_score(table)
    return [name for name in attributes_of(table) if balanced[name].isna().any() and name not in unknown]


def without_score(table: pd.DataFrame) -> list[str]:
    """Return the attributes for which any method of ours has no accuracy: they are known for too few images."""
    accuracy = table[(table["measure"] == ACCURACY) & (table["source"] == "ours")]
    return [name for name in attributes_of(table) if accuracy[name].isna().any()]


def table1_notes(table: pd.DataFrame) -> list[str]:
    """Return sentences that belong below the table; none for a table without rows."""
    if table.empty:
        return []
    names, skipped, unknown = attributes_of(table), without_both_classes(table), without_score(table)
    notes = ["Balanced accuracy is the mean of the two classes' recalls. Average precision and AUROC score the ranking "
             "of the images by decision value. The papers give none of the three."]
    if skipped:
        notes.append(f"These three are not defined, and left out of their averages, for {len(skipped)} of the "
                     f"{len(names)} attributes, of which the test images have one class only: "
                     f"{', '.join(map(readable, skipped))}.")
    if unknown:
        notes.append(f"No score is defined for {len(unknown)} of the {len(names)} attributes, known for too few images "
                     f"of a split: {', '.join(map(readable, unknown))}. Averages are over the others.")
    return notes + published_notes(names)


def published_notes(names: Sequence[str]) -> list[str]:
    """Return a sentence on the published numbers, where the data set has not all of CelebA's attributes."""
    of_celeba = celebas(names)
    if len(of_celeba) == len(ATTRIBUTES) == len(names):
        return []
    if not of_celeba:
        return ["The data set has none of CelebA’s attributes, so no published number stands here."]
    ours = f", ours over all {len(names)}" if len(of_celeba) < len(names) else ", as ours"
    return [f"The published rows have those of CelebA’s 40 attributes that the data set has: "
            f"{', '.join(map(readable, of_celeba))}. Their averages are over {'it' if len(of_celeba) == 1 else 'these'}"
            f"{ours}, and not the paper’s over 40."]
