"""Table 1 for readers: its averages, and all attributes. The page and the Markdown file show the same tables."""

import pandas as pd

from pipeline.evaluation.chosen_set import chosen_on_validation
from pipeline.report.numbers import fixed, signed
from pipeline.report.table1 import ACCURACY, AVERAGE, MAJORITY, MEASURES, VALIDATION, attributes_of
from pipeline.report.tables import Cell, Table
from pipeline.vocabulary import ATTRIBUTES, counted, readable

SOURCES_IN_ORDER = {"ours": 0, "baseline": 1, "paper": 2}  # ours first, where a reader sees them
ABOVE = 0.05  # percentage points over the majority class from which on ours are tinted: what one digit shows


def averages_table(table: pd.DataFrame) -> Table:
    """Return the averages over the attributes: one row per method and set of views, ours first.

    Args:
        table: what `report.table1.build_table1` returned.
    """
    averages = table.set_index(["measure", "source", "method", "view"])[AVERAGE]
    others = [measure for measure in MEASURES if measure != ACCURACY]
    accuracy = rows_for_reading(table, ACCURACY)
    rows = []
    for _, row in accuracy.iterrows():
        majority = majority_beside(accuracy, row)
        rows.append([method_cell(row, over=published_over(table)), Cell(fixed(row[AVERAGE], 2)),
                     Cell(signed(None if majority is None else row[AVERAGE] - majority[AVERAGE])),
                     *(Cell(fixed(averages.get((measure, row["source"], row["method"], row["view"])), 2))
                       for measure in others),
                     Cell(fixed(row[VALIDATION], 2))])
    return Table([Cell("method"), Cell("accuracy", "%"), Cell("over majority", "points"),
                  *(Cell(measure, "%") for measure in others), Cell(VALIDATION, "%")], rows)


def attribute_table(table: pd.DataFrame, measure: str = ACCURACY, view_set: str = "") -> Table:
    """Return one row per attribute, the average last; columns are ours, the baselines, the published ones.

    Published accuracies keep the paper's digits: whole percent, averages with two. Ours have one digit and two. A dash
    stands for what is not defined. Cells of ours that are above the majority class have the class "above". Columns of
    ours have the class "other", except each method's set of views that is best on the validation images; without such
    images none has it. Columns of ours on another set than `view_set` have the class "unlike": they do not stand beside
    the published numbers and the baselines.

    Args:
        table: what `report.table1.build_table1` returned.
        measure: one of `report.table1.MEASURES`.
        view_set: report.view_set; "" for no such class.
    """
    chosen, rows, names = chosen_view_sets(table), rows_for_reading(table, measure), attributes_of(table)
    headings, columns = [Cell("attribute")], []
    for _, row in rows.iterrows():
        is_other = row["source"] == "ours" and chosen.get(row["method"]) not in (row["view"], "")
        is_unlike = row["source"] == "ours" and view_set not in (row["view"], "")
        css, digits = row["source"] + " other" * is_other + " unlike" * is_unlike, 0 if row["source"] == "paper" else 1
        majority = majority_beside(rows, row) if row["source"] == "ours" else None
        headings.append(method_cell(row, css, published_over(table)))
        columns.append([Cell(fixed(row[name], 2 if name == AVERAGE else digits),
                             css=css + " above" * (majority is not None and bool(row[name] - majority[name] >= ABOVE)))
                        for name in (*names, AVERAGE)])
    leading = [Cell(readable(name)) for name in (*names, AVERAGE)]
    *by_attribute, average = (list(row) for row in zip(leading, *columns, strict=True))
    return Table(headings, by_attribute, average)


def rows_for_reading(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of one measure: ours, then the majority class and other baselines, then the paper's."""
    rows = table[table["measure"] == measure]
    return rows.sort_values("source", key=lambda source: source.map(SOURCES_IN_ORDER), kind="stable")


def chosen_view_sets(table: pd.DataFrame) -> dict[str, str]:
    """Return each of our methods → its set of views that is best on the validation images, "" without such images."""
    ours = table[(table["measure"] == ACCURACY) & (table["source"] == "ours")]
    return {str(method): chosen_on_validation(dict(zip(rows["view"], rows[VALIDATION], strict=True)))
            for method, rows in ours.groupby("method", sort=False)}


def majority_beside(rows: pd.DataFrame, row: pd.Series) -> pd.Series | None:
    """Return the row of the majority class on the same images as a row of ours or of a baseline; None for other rows.

    The majority class names the sets of views on whose images it was scored, or "" for all of them.
    """
    if row["source"] == "paper" or row["method"] == MAJORITY:
        return None
    for _, majority in rows[rows["method"] == MAJORITY].iterrows():
        if majority["view"] == "" or row["view"] in majority["view"].split(", "):
            return majority
    return None


def published_over(table: pd.DataFrame) -> str:
    """Return over what the averages of the published rows are, "over 5 attributes"; "" for the paper's own over 40."""
    names = attributes_of(table)
    of_paper = table.loc[table["source"] == "paper", names].notna().any().sum()
    return "" if of_paper == len(ATTRIBUTES) else f"over {counted(int(of_paper), 'attribute')}"


def method_cell(row: pd.Series, css: str = "", over: str = "") -> Cell:
    """Return the name of a row: a method with "paper" or its set of views, in one line "VAE-123, multi_view (ours)".

    Args:
        row: of Table 1.
        css: classes of the cell.
        over: what `published_over` returned, for a published row.
    """
    paper = f"paper, {over}" if over else "paper"
    end = {"paper": f" ({paper})", "baseline": "", "ours": " (ours)"}[row["source"]]
    one_line = f"{row['method']}{', ' + row['view'] if row['view'] else ''}{end}"
    return Cell(row["method"], paper if row["source"] == "paper" else row["view"], css, one_line)
