"""How many images the attribute vectors of each variant come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.contents import VariantResults
from pipeline.report.numbers import number
from pipeline.report.tables import Cell, Table
from pipeline.vocabulary import readable

Counts = tuple[str, int, int]  # attribute, positive images, negative images


@dataclass
class VectorCounts:
    """The numbers of images behind the vectors of variants that share them.

    Attributes:
        labels: of these variants.
        attributes: the number of attributes.
        fewer: counts of attributes that have a vector, but from fewer images than were asked for.
        missing: the attributes without a vector, in words.
        table: all counts.
    """

    labels: list[str]
    attributes: int
    fewer: list[Counts]
    missing: str
    table: Table


def vector_counts(variants: Sequence[VariantResults], per_class: int) -> list[VectorCounts]:
    """Return the counts of all variants with attribute vectors, once for variants with equal counts.

    Args:
        variants: those without attribute vectors are left out.
        per_class: how many images of each kind were asked for.
    """
    by_counts: dict[tuple[Counts, ...], VectorCounts] = {}
    for variant in variants:
        if variant.vectors is None or not variant.attributes:
            continue
        counts = tuple(variant.vectors.counts())
        if counts not in by_counts:
            by_counts[counts] = VectorCounts(
                [], len(counts), [row for row in counts if 0 < min(row[1:]) < per_class],
                ", ".join(map(readable, variant.vectors.missing())), counts_table(counts))
        by_counts[counts].labels.append(variant.label)
    return list(by_counts.values())


def counts_table(counts: Sequence[Counts]) -> Table:
    """Return the counts with one row per attribute."""
    return Table([Cell("attribute"), Cell("positive images"), Cell("negative images")],
                 [[Cell(readable(name)), Cell(number(positives)), Cell(number(negatives))]
                  for name, positives, negatives in counts])
