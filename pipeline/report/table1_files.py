"""Table 1 as files: CSV with all digits for programs, Markdown for readers."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.files.atomic import write_text
from pipeline.report.attribute_words import all_attributes
from pipeline.report.table1 import MEASURES, VALIDATION, attributes_of, table1_notes
from pipeline.report.table1_layout import attribute_table, averages_table
from pipeline.report.tables import Cell, Table

NO_TABLE1 = "No attribute was predicted: the data set has no attributes, or no variant has an encoder."


def write_table1_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write Table 1 with one row per method and measure; percentages have four digits after the point."""
    write_text(path, table.to_csv(index=False, float_format="%.4f", lineterminator="\n"))


def write_table1_markdown(table: pd.DataFrame, path: str | Path, notes: Sequence[str] = ()) -> None:
    """Write five Markdown tables: the averages; then each measure by attribute. Without attributes, write a sentence.

    Args:
        table: what `report.table1.build_table1` returned.
        path: of the file.
        notes: sentences below the averages, beside those that the table itself asks for.
    """
    if table.empty:
        write_text(path, f"{NO_TABLE1}\n")
        return
    averages = averages_table(table).select(*MEASURES, VALIDATION)
    title = f"## Averages over {all_attributes(attributes_of(table))}, in %"
    listed = ["", *(f"- {note}" for note in notes)] if notes else []
    parts = ["\n".join([title, "", *markdown_lines(averages, corner=""), "", *table1_notes(table), *listed])]
    for measure in MEASURES:
        lines = markdown_lines(attribute_table(table, measure), corner="attribute")
        parts.append("\n".join([f"## {measure[0].upper()}{measure[1:]}, in %", "", *lines]))
    write_text(path, "\n\n".join(parts) + "\n")


def markdown_lines(table: Table, corner: str) -> list[str]:
    """Return the lines of a table in Markdown; its last row is bold."""
    headings = " | ".join(in_one_line(cell) for cell in table.headings[1:])
    lines = [f"| {corner} | {headings} |", "|---|" + "---:|" * (len(table.headings) - 1)]
    for row in table.rows:
        lines.append("| " + " | ".join(map(in_one_line, row)) + " |")
    if table.last:
        lines.append("| " + " | ".join(f"**{in_one_line(cell)}**" for cell in table.last) + " |")
    return lines


def in_one_line(cell: Cell) -> str:
    """Return the text of a cell for Markdown, which has no second line."""
    return cell.one_line or cell.text
