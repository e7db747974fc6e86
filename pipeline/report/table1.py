"""Table 1 of Hou et al. 2016: attribute prediction, ours beside the published numbers and baselines.

Beside accuracy stands balanced accuracy, the mean of the two classes' recalls. Accuracy says little about attributes
that few faces have, such as Bald, while the majority class scores 50 % in balanced accuracy. The papers give none.

`report.table1_layout` makes tables for readers of these numbers, and `report.table1_files` writes them.
"""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from pipeline.report.svm_tables import SvmTables
from pipeline.vocabulary import ATTRIBUTES, readable

AVERAGE = "Average"
ACCURACY, BALANCED = "accuracy", "balanced accuracy"
COLUMNS = ("measure", "source", "method", "view", *ATTRIBUTES, AVERAGE)
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
    ours. It has one row, or one per set of views where sets hold different images.

    Args:
        results: what `report.svm_tables.read_svm_tables` returned.
        baselines: what `report.svm_tables.read_baseline_tables` returned.

    Returns:
        Columns: measure ("accuracy", then "balanced accuracy", for which there are no published rows), source ("paper",
        "baseline" or "ours"), method, view (the set of views, "" where it does not apply), the 40 attributes, and
        Average, the mean over the 40. Balanced accuracy is NaN, and left out of the average, where the test images have
        one class only.
    """
    ours, simple = ([(method, view_set, scores.set_index("attribute").loc[list(ATTRIBUTES)])
                     for method, sets in tables.items() for view_set, scores in sets.items()]
                    for tables in (results, baselines or {}))
    # The majority's accuracies as bytes → the sets of views that have them, its accuracy, its balanced accuracy.
    majorities: dict[bytes, tuple[list[str], pd.Series, pd.Series]] = {}
    for _, view_set, scores in [*ours, *simple]:
        chance = scores["balanced_accuracy"].where(scores["balanced_accuracy"].isna(), 0.5)
        same = majorities.setdefault(scores["majority"].to_numpy().tobytes(), ([], scores["majority"], chance))
        if view_set not in same[0]:
            same[0].append(view_set)

    paper = published()
    rows = [(ACCURACY, "paper", method, "", *percent)
            for method, percent in zip(paper.index, paper.to_numpy(), strict=True)]
    for number, (measure, column) in enumerate(((ACCURACY, "accuracy"), (BALANCED, "balanced_accuracy")), 1):
        for majority in majorities.values():
            where = ", ".join(majority[0]) if len(majorities) > 1 else ""
            rows.append((measure, "baseline", MAJORITY, where, *with_average(majority[number])))
        rows += [(measure, source, method, view_set, *with_average(scores[column]))
                 for source, scored in (("baseline", simple), ("ours", ours)) for method, view_set, scores in scored]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def with_average(shares: pd.Series) -> np.ndarray:
    """Return 40 shares in 0 … 1 as 41 percentages; the last is the mean of those that are numbers."""
    percent = 100 * shares.to_numpy(dtype=float)
    return np.append(percent, np.nan if np.isnan(percent).all() else np.nanmean(percent))


def without_both_classes(table: pd.DataFrame) -> list[str]:
    """Return the attributes without a balanced accuracy, because the test images have one class only."""
    balanced = table[table["measure"] == BALANCED]
    return [name for name in ATTRIBUTES if balanced[name].isna().any()]


def table1_notes(table: pd.DataFrame) -> list[str]:
    """Return sentences that belong below the table."""
    skipped = without_both_classes(table)
    notes = ["Balanced accuracy is the mean of the two classes' recalls; the papers give none."]
    if skipped:
        notes.append(f"It is not defined, and left out of its average, for {len(skipped)} of the {len(ATTRIBUTES)} "
                     f"attributes, of which the test images have one class only: {', '.join(map(readable, skipped))}.")
    return notes
