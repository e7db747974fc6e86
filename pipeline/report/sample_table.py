"""Sample quality: one row per set of images that a variant has made, and one for the test images."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.report.contents import VariantResults
from pipeline.report.numbers import fixed, number
from pipeline.report.summary_table import SOURCES
from pipeline.report.tables import Cell, Column, Table, table_of


class ScoredImages(NamedTuple):
    """Images and their scores."""

    label: str  # of the variant that made them, or "test images"
    what: str  # "from mixture", "reconstructions"
    scores: Mapping[str, float | int | None]


# From the left; `report.summary_table` says how to add a number.
COLUMNS: tuple[Column[ScoredImages], ...] = (
    Column("Fréchet distance", "", lambda images: Cell(number(images.scores.get("frechet_distance")))),
    Column("FID", "", lambda images: Cell(number(images.scores.get("fid")))),
    Column("blur", "", lambda images: Cell(fixed(images.scores.get("blur"), 3))),
    Column("images", "", lambda images: Cell(number(images.scores.get("images")))),
)


def sample_table(variants: Sequence[VariantResults]) -> Table:
    """Return the scores of each variant's samples and reconstructions, and of the test images."""
    items = []
    for variant in variants:
        items += [ScoredImages(variant.label, f"from {z}", variant.samples[source])
                  for source, z in SOURCES.items() if source in variant.samples]
        if variant.samples and variant.reconstruction:
            items.append(ScoredImages(variant.label, "reconstructions", variant.reconstruction))
    if scores := test_images(variants):
        items.append(ScoredImages("test images", "", scores))
    return table_of(items, lambda images: Cell(images.label, images.what), COLUMNS)


def test_images(variants: Sequence[VariantResults]) -> Mapping[str, float | int]:
    """Return blur and number of the test images, which are the same for all variants; empty if nobody has them."""
    return next((v.samples["test_images"] for v in variants if "test_images" in v.samples), {})
