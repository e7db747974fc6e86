"""The table that is printed row by row, and the JSON file that grows with it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COLUMNS = f"{'':58}{'images/s':>10}{'ms/step':>9}{'ratio':>7}{'of rate':>9}{'GiB':>6}  note"


class Table:
    """Prints each row as it comes, and writes all of them again.

    Args:
        path: of the JSON file; None for none.
        seconds: after which no row begins any more.
    """

    def __init__(self, path: Path | None, seconds: float):
        self.path, self.ends, self.began = path, time.monotonic() + seconds, time.monotonic()
        self.rows: list[dict[str, Any]] = []
        self.left_out = 0

    def add(self, name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Measure a row, print it and write it. What fails is said in the row, and does not end the table."""
        if time.monotonic() > self.ends:
            self.left_out += 1
            return {}
        began = time.monotonic()
        try:
            row = {"name": name, **measure()}
        except Exception as error:  # the next row may work
            row = {"name": name, "note": f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        row["took"] = round(time.monotonic() - began, 1)
        self.rows.append(row)
        print(line(row), flush=True)
        self.write()
        return row

    def say(self, text: str) -> None:
        """Print a line between rows."""
        print(text, flush=True)

    def write(self) -> None:
        """Write all rows so far."""
        if self.path:
            self.path.write_text(json.dumps({"rows": self.rows}, indent=1) + "\n")


def line(row: dict[str, Any]) -> str:
    """Return a row as a line."""
    def cell(name: str, width: int, form: str) -> str:
        return f"{format(row[name], form) if row.get(name) is not None else '':>{width}}"

    return (f"{row['name']:58}" + cell("images_per_second", 10, ",.0f") + cell("ms", 9, ".2f") + cell("ratio", 7, ".2f")
            + cell("of_rate", 9, ".1%") + cell("gib", 6, ".1f") + f"  {row.get('note', '')}").rstrip()
