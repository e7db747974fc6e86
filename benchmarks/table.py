"""The table that is printed, and the JSON file."""

import dataclasses
from pathlib import Path
from typing import Any

from benchmarks.measuring import Row
from pipeline.files.json_file import write_json

COLUMNS = f"{'':38}{'ours':>10}{'plain':>10} {'':9}{'ratio':>7}   {'rounds':13}{'of product':>12}{'of better':>12}"
ABOUT = ("ratio: how many times as fast ours is, the median of the rounds\n"
         "of product: ours over the rate of this machine's matrix product, in the precision of ours\n"
         "of better: the same, over the better of that product and of the same work as a 1×1 convolution. Torch\n"
         "multiplies matrices and convolves by different libraries, and either may be twice as fast as the other:\n"
         "a share of the product alone may then be above 100 %, and says little")


def heading(facts: dict[str, Any]) -> str:
    """Return the lines above the table: the machine, and what it computes with."""
    width = max(map(len, facts))
    return "\n".join(f"{name:{width}}  {value}" for name, value in facts.items())


def line(row: Row) -> str:
    """Return a row as a line; a second one has its note."""
    if row.ratio is None:
        return f"{row.name:38}{row.note}"
    span = f"{min(row.rounds):.2f} … {max(row.rounds):.2f}"
    shares = "".join(f"{'' if share is None else f'{share:.0%}':>12}"
                     for share in (row.fraction, row.fraction_of_better))
    return (f"{row.name:38}{number(row.ours):>10}{number(row.plain):>10} {row.unit:9}{row.ratio:>7.2f}   {span:13}"
            f"{shares}\n    {row.note}")


def number(value: float | None) -> str:
    """Return a rate with three significant digits."""
    assert value is not None
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(path: Path, facts: dict[str, Any], rows: list[Row]) -> None:
    """Write everything as JSON."""
    write_json(path, {"machine": facts, "rows": [dataclasses.asdict(row) for row in rows]})
