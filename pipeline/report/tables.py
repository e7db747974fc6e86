"""Tables as the page and Markdown files show them: rows of cells that hold texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from pipeline.report.numbers import DASH

Item = TypeVar("Item")  # what a row is about


class Cell(NamedTuple):
    """One cell of a table."""

    text: str
    small: str = ""  # a second, small line
    css: str = ""  # classes, separated by spaces
    one_line: str = ""  # replaces `text` in Markdown, which has no second line; "" where `text` says it all


class Table(NamedTuple):
    """Rows of cells under headings. The first cell of each row is its name."""

    headings: list[Cell]
    rows: list[list[Cell]]
    last: list[Cell] | None = None  # a row that stays at the bottom when a reader sorts the table

    def has(self, heading: str) -> bool:
        """Return whether a column has this heading."""
        return any(cell.text == heading for cell in self.headings)

    def select(self, *headings: str) -> "Table":
        """Return a table with the names of the rows and the columns under these headings."""
        kept = [0, *(i for i, cell in enumerate(self.headings) if i and cell.text in headings)]
        return Table([self.headings[i] for i in kept], [[row[i] for i in kept] for row in self.rows],
                     self.last and [self.last[i] for i in kept])


@dataclass(frozen=True)
class Column(Generic[Item]):
    """A column of numbers: one line adds a number to a table.

    Attributes:
        heading: what the number is, "PSNR".
        unit: small below the heading, "dB"; "" for none.
        cell: what stands in the row of an item; a dash where the item has no such number.
        explained: a sentence for the list below the summary; "" for none.
    """

    heading: str
    unit: str
    cell: Callable[[Item], Cell]
    explained: str = ""


def measured(text: str, small: str = "", css: str = "") -> Cell:
    """Return a cell with a number; without a number it is a plain dash, with neither second line nor class."""
    return Cell(text) if text == DASH else Cell(text, small, css)


def table_of(items: Sequence[Item], name: Callable[[Item], Cell], columns: Sequence[Column[Item]]) -> Table:
    """Return a table with one row per item; a column in which no item has a number is left out.

    Args:
        items: what the rows are about. They are models, or images that a model has made.
        name: the first cell of an item's row.
        columns: from the left.
    """
    kept = [column for column in columns if any(column.cell(item).text != DASH for item in items)]
    rows = [[name(item), *(column.cell(item) for column in kept)] for item in items] if kept else []
    return Table([Cell("model"), *(Cell(column.heading, column.unit) for column in kept)], rows)
