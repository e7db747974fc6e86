"""The tables of docs/performance.md, in Markdown, from what `python -m benchmarks.gpu --json PATH` wrote.

Run as: python -m benchmarks.gpu.page PATH …
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.gpu.forms import FORMS

Row = dict[str, Any]
COLUMNS = {"64, plain": (64, "bf16", True), "64": (64, "bf16", False), "64, tf32": (64, "tf32", False),
           "256": (256, "bf16", False), "1024": (1024, "bf16", False), "1024, tf32": (1024, "tf32", False)}


def page(rows: list[Row]) -> str:
    """Return the tables of some rows; a table without rows is left out."""
    parts = [of_variants(rows), of_choices(rows), of_forms(rows), sentences(rows)]
    return "\n\n".join(part for part in parts if part) + "\n"


def of_variants(rows: list[Row]) -> str:
    """Return images/s of each variant, by batch and precision."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        label, *rest = row["name"].split(", ")
        for column, (batch, precision, plain) in COLUMNS.items():
            if rest == [str(batch), f"{precision}: {'plain' if plain else 'as it is'}"] and "images_per_second" in row:
                found.setdefault(label, {})[column] = f"{row['images_per_second']:,.0f}" + (
                    f" ({row['ratio']:.2f})" if "ratio" in row and not plain else "")
                if column == "1024":
                    found[label]["of rate"], found[label]["GiB"] = f"{row['of_rate']:.0%}", f"{row['gib']:.1f}"
    columns = [*COLUMNS, "of rate", "GiB"]
    return table(["images/s, by batch", *columns[:-2], "at 1024: of the GPU's rate", "GiB"],
                 [[label, *(cells.get(column, "") for column in columns)] for label, cells in found.items()
                  if len(cells) > 4])


def of_choices(rows: list[Row]) -> str:
    """Return what each choice brings to VAE-123 at a batch of 64."""
    begins, shown = "VAE-123, 64, ", dict[str, Row]()
    for row in rows:
        name = row["name"].removeprefix(begins)
        if name != row["name"] and "first_seconds" in row and not re.fullmatch(r"\w+: as it is", name):
            shown.setdefault(name, row)  # some are measured once more for the other tables
    return table(["VAE-123, batch 64", "images/s", "ms a step", "times plain", "first steps, s"],
                 [[name, f"{row['images_per_second']:,.0f}", f"{row['ms']:.2f}", f"{row.get('ratio', 1):.2f}",
                   f"{row['first_seconds']:.1f}"] for name, row in shown.items()])


def of_forms(rows: list[Row]) -> str:
    """Return how much faster the step is than with another form of an operation."""
    ratios = {row["name"]: 1 / row["ratio"] for row in rows if row.get("ratio")}
    return table(["the step, over that with …", "64", "1024"],
                 [[form, *(f"{ratios[f'{batch}, {form}']:.2f}" if f"{batch}, {form}" in ratios else ""
                           for batch in (64, 1024))] for form in FORMS if f"64, {form}" in ratios])


def sentences(rows: list[Row]) -> str:
    """Return the rows without a speed of steps: checks and whole trainings."""
    return "\n".join(f"- {row['name']}: {row['note']}" for row in rows
                     if row.get("note") and "first_seconds" not in row and "kernels" not in row["name"])


def table(header: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table, "" without lines."""
    if not lines:
        return ""
    return "\n".join("| " + " | ".join(cells) + " |"
                     for cells in (header, ["---"] * len(header), *lines)).replace(" --- ", "---")


if __name__ == "__main__":
    print(page([row for path in sys.argv[1:] for row in json.loads(Path(path).read_text())["rows"]]), end="")
