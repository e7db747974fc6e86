"""Table 1 of Hou et al. 2016: attribute prediction, ours beside the published rows and the majority class.

Beside accuracy stands balanced accuracy, the mean of the two classes' recalls, which the majority class scores 50 % in:
of attributes that few faces have, such as Bald, accuracy says little. The papers give none.
"""

import os
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.evaluation.results import Results
from pipeline.vocabulary import ATTRIBUTES

AVERAGE = "Average"
ACCURACY, BALANCED = "accuracy", "balanced accuracy"
COLUMNS = ("measure", "source", "method", "view", *ATTRIBUTES, AVERAGE)
MAJORITY = "majority class"


def published() -> pd.DataFrame:
    """The paper's seven rows in percent: index method, columns the 40 attributes and Average, as printed there."""
    with resources.files(__package__).joinpath("published_table1.csv").open() as file:
        table = pd.read_csv(file, index_col="method").astype(float)
    return table[[*ATTRIBUTES, AVERAGE]]


def table1(results: Results) -> pd.DataFrame:
    """One row per method and measure, in percent: the published ones, the majority class, then ours, set by set.

    Columns: measure ("accuracy", then "balanced accuracy", for which there are no published rows), source ("paper",
    "baseline" or "ours"), method, view (the set of views, "" where it does not apply), the 40 attributes, and Average,
    the mean over the 40. Balanced accuracy is NaN, and left out of the average, where the test images have one class
    only. The majority class is answered from the training labels and scored on the same test images as ours; it
    appears once, or once per set of views where they hold different images.
    """
    ours = [(method, view_set, scores.set_index("attribute").loc[list(ATTRIBUTES)])
            for method, sets in results.items() for view_set, scores in sets.items()]
    # The majority's accuracies as bytes → the sets of views that have them, its accuracy, its balanced accuracy.
    majorities: dict[bytes, tuple[list[str], pd.Series, pd.Series]] = {}
    for _, view_set, scores in ours:
        chance = scores["balanced_accuracy"].where(scores["balanced_accuracy"].isna(), 0.5)
        same = majorities.setdefault(scores["majority"].to_numpy().tobytes(), ([], scores["majority"], chance))
        if view_set not in same[0]:
            same[0].append(view_set)

    rows = [(ACCURACY, "paper", method, "", *percent)
            for method, percent in zip(published().index, published().to_numpy())]
    for number, (measure, column) in enumerate(((ACCURACY, "accuracy"), (BALANCED, "balanced_accuracy")), 1):
        for majority in majorities.values():
            where = ", ".join(majority[0]) if len(majorities) > 1 else ""
            rows.append((measure, "baseline", MAJORITY, where, *with_average(majority[number])))
        rows += [(measure, "ours", method, view_set, *with_average(scores[column]))
                 for method, view_set, scores in ours]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def with_average(shares: pd.Series) -> np.ndarray:
    """40 shares in 0 … 1 → 41 percentages, the last the mean of those that are numbers."""
    percent = 100 * shares.to_numpy(dtype=float)
    return np.append(percent, np.nan if np.isnan(percent).all() else np.nanmean(percent))


def headings(table: pd.DataFrame) -> list[str]:
    """One heading per row of the table: "VAE-123 (paper)", "majority class", "VAE-123, multi_view (ours)"."""
    ends = {"paper": " (paper)", "baseline": "", "ours": " (ours)"}
    return [f"{row.method}{', ' + row.view if row.view else ''}{ends[row.source]}" for row in table.itertuples()]


def for_reading(table: pd.DataFrame, measure: str = ACCURACY) -> pd.DataFrame:
    """The rows of one measure, ours first, then the majority class, then the paper's: ours stay in sight."""
    chosen = table[table["measure"] == measure]
    return chosen.sort_values("source", key=lambda s: s.map({"ours": 0, "baseline": 1, "paper": 2}), kind="stable")


def by_attribute(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of one measure turned: 41 rows (attributes, then Average), one column of text per row of `table`.

    Published accuracies keep the paper's digits (whole percent, averages with two); ours have one and two. A dash
    stands for what is not defined.
    """
    turned = {}
    for heading, (_, row) in zip(headings(table), table.iterrows()):
        digits = 0 if row["source"] == "paper" else 1
        turned[heading] = [percentage(row[name], digits) for name in ATTRIBUTES] + [percentage(row[AVERAGE], 2)]
    return pd.DataFrame(turned, index=[*ATTRIBUTES, AVERAGE])


def averages(table: pd.DataFrame) -> pd.DataFrame:
    """The averages alone: one row per method, ours first; columns of text accuracy and balanced accuracy."""
    columns = {}
    for measure in (ACCURACY, BALANCED):
        rows = for_reading(table, measure)
        columns[measure] = pd.Series([percentage(average, 2) for average in rows[AVERAGE]], index=headings(rows))
    return pd.DataFrame({ACCURACY: columns[ACCURACY],
                         BALANCED: columns[BALANCED].reindex(columns[ACCURACY].index, fill_value="–")})


def without_both_classes(table: pd.DataFrame) -> list[str]:
    """The attributes for which balanced accuracy is not defined, since the test images have one class only."""
    balanced = table[table["measure"] == BALANCED]
    return [name for name in ATTRIBUTES if balanced[name].isna().any()]


def notes(table: pd.DataFrame) -> list[str]:
    """Sentences that belong under the table."""
    skipped = without_both_classes(table)
    found = ["Balanced accuracy is the mean of the two classes' recalls; the papers give none."]
    if skipped:
        found.append(f"It is not defined, and left out of its average, for {len(skipped)} of the {len(ATTRIBUTES)} "
                     f"attributes, of which the test images have one class only: {', '.join(map(readable, skipped))}.")
    return found


def percentage(percent: float, digits: int) -> str:
    """A percentage as it is shown; a dash for NaN."""
    return "–" if np.isnan(percent) else f"{percent:.{digits}f}"


def readable(attribute: str) -> str:
    return attribute.replace("_", " ")


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table1`'s table as it is, one row per method and measure, percentages with four digits after the point."""
    write_text(path, table.to_csv(index=False, float_format="%.4f", lineterminator="\n"))


def write_markdown(table: pd.DataFrame, path: str | Path) -> None:
    """Write three tables: the averages; then accuracy and balanced accuracy, attributes as rows, methods as columns."""
    title = f"## Averages over the {len(ATTRIBUTES)} attributes, in %"
    parts = ["\n".join([title, "", *markdown("", averages(table)), "", *notes(table)])]
    for measure in (ACCURACY, BALANCED):
        turned = by_attribute(for_reading(table, measure)).rename(index=readable)
        parts.append("\n".join([f"## {measure.capitalize()}, in %", "", *markdown("attribute", turned)]))
    write_text(path, "\n\n".join(parts) + "\n")


def markdown(corner: str, cells: pd.DataFrame) -> list[str]:
    """Lines of a Markdown table from text; the row Average is bold."""
    lines = [f"| {corner} | " + " | ".join(cells.columns) + " |", "|---|" + "---:|" * cells.shape[1]]
    for name, row in cells.iterrows():
        bold = "**" if name == AVERAGE else ""
        lines.append("| " + " | ".join(f"{bold}{cell}{bold}" for cell in (name, *row)) + " |")
    return lines


def write_text(path: str | Path, text: str) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text)
    os.replace(temporary, path)
