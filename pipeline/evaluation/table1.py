"""Table 1 of Hou et al. 2016: accuracy of attribute prediction, ours beside the published and the majority class."""

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.attributes import ATTRIBUTES

AVERAGE = "Average"
COLUMNS = ("source", "method", "view", *ATTRIBUTES, AVERAGE)
MAJORITY = "majority class"

# One variant's label ("VAE-123") → view ("aligned") → the rows of `svm.evaluate`.
Results = Mapping[str, Mapping[str, pd.DataFrame]]


def published() -> pd.DataFrame:
    """The paper's seven rows in percent: index method, columns the 40 attributes and Average, as printed there."""
    with resources.files(__package__).joinpath("published_table1.csv").open() as file:
        table = pd.read_csv(file, index_col="method").astype(float)
    return table[[*ATTRIBUTES, AVERAGE]]


def table1(results: Results) -> pd.DataFrame:
    """One row per method, accuracies in percent: the published ones, the majority class, then each variant and view.

    Columns: source ("paper", "baseline" or "ours"), method, view ("" where it does not apply), the 40 attributes, and
    Average, the mean over the 40. The majority class is answered from the training labels and scored on the same test
    images as ours; it appears once, or once per view where the views hold different images.
    """
    rows = [("paper", method, "", *accuracies) for method, accuracies in zip(published().index, published().to_numpy())]
    majorities: dict[tuple[float, ...], list[str]] = {}
    ours = []
    for method, views in results.items():
        for view, scores in views.items():
            scores = scores.set_index("attribute").loc[list(ATTRIBUTES)]
            ours.append(("ours", method, view, *with_average(scores["accuracy"])))
            seen_in = majorities.setdefault(tuple(with_average(scores["majority"])), [])
            if view not in seen_in:
                seen_in.append(view)
    for majority, seen_in in majorities.items():
        rows.append(("baseline", MAJORITY, ", ".join(seen_in) if len(majorities) > 1 else "", *majority))
    return pd.DataFrame([(source, method, view, *numbers) for source, method, view, *numbers in rows + ours],
                        columns=list(COLUMNS))


def with_average(shares: pd.Series) -> np.ndarray:
    """40 shares in 0 … 1 → 41 percentages, the last their mean."""
    percent = 100 * shares.to_numpy(dtype=float)
    return np.append(percent, percent.mean())


def headings(table: pd.DataFrame) -> list[str]:
    """One heading per row of the table: "VAE-123 (paper)", "majority class", "VAE-123, aligned (ours)"."""
    ends = {"paper": " (paper)", "baseline": "", "ours": " (ours)"}
    return [f"{row.method}{', ' + row.view if row.view else ''}{ends[row.source]}" for row in table.itertuples()]


def for_reading(table: pd.DataFrame) -> pd.DataFrame:
    """The same rows, ours first, then the majority class, then the paper's: ours stay in sight in a wide table."""
    return table.sort_values("source", key=lambda s: s.map({"ours": 0, "baseline": 1, "paper": 2}), kind="stable")


def by_attribute(table: pd.DataFrame) -> pd.DataFrame:
    """The same table turned: 41 rows (attributes, then Average), one column of text per row of `table`.

    Published accuracies keep the paper's digits (whole percent, averages with two); ours have one and two.
    """
    turned = {}
    for heading, (_, row) in zip(headings(table), table.iterrows()):
        digits = 0 if row["source"] == "paper" else 1
        turned[heading] = [f"{row[name]:.{digits}f}" for name in ATTRIBUTES] + [f"{row[AVERAGE]:.2f}"]
    return pd.DataFrame(turned, index=[*ATTRIBUTES, AVERAGE])


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table1`'s table as it is, one row per method, percentages with four digits after the point."""
    write_text(path, table.to_csv(index=False, float_format="%.4f", lineterminator="\n"))


def write_markdown(table: pd.DataFrame, path: str | Path) -> None:
    """Write the turned table as Markdown: attributes are rows, methods are columns, ours first."""
    turned = by_attribute(for_reading(table))
    lines = ["| accuracy in % | " + " | ".join(turned.columns) + " |", "|---|" + "---:|" * turned.shape[1]]
    for name, row in turned.iterrows():
        bold = "**" if name == AVERAGE else ""
        cells = (str(name).replace("_", " "), *row)
        lines.append("| " + " | ".join(f"{bold}{cell}{bold}" for cell in cells) + " |")
    write_text(path, "\n".join(lines) + "\n")


def write_text(path: str | Path, text: str) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text)
    os.replace(temporary, path)
