"""Sample quality: one row per set of images that a variant has made, and two for photographs."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pipeline.evaluation.score_names import HIGH, IMAGES_OF, INCEPTION, LOSS_NETWORK, LOW, NAMES
from pipeline.report.contents import VariantResults
from pipeline.report.numbers import fixed, number
from pipeline.report.summary_table import SOURCES
from pipeline.report.tables import Cell, Column, Table, measured, table_of

Scores = Mapping[str, float | int | None]


class ScoredImages(NamedTuple):
    """Images and their scores."""

    label: str  # of the variant that made them, or "test images"
    what: str  # "from mixture", "reconstructions", "floor"
    scores: Scores


def distance(key: str) -> Callable[[ScoredImages], Cell]:
    """Return the cell function of a distance, with its interval below it where there is one."""
    def cell(images: ScoredImages) -> Cell:
        low, high = images.scores.get(key + LOW), images.scores.get(key + HIGH)
        return measured(number(images.scores.get(key)), "" if low is None else f"{number(low)} … {number(high)}")

    return cell


def share(key: str) -> Callable[[ScoredImages], Cell]:
    """Return the cell function of a share, 0 … 1."""
    return lambda images: Cell(fixed(images.scores.get(key), 3))


OURS, FID = NAMES[LOSS_NETWORK], NAMES[INCEPTION]
# From the left; `report.summary_table` says how to add a number.
COLUMNS: tuple[Column[ScoredImages], ...] = (
    Column("Fréchet distance", "loss network", distance(OURS.frechet)),
    Column("KID", "loss network", distance(OURS.kernel)),
    Column("precision", "loss network", share(OURS.precision)),
    Column("recall", "loss network", share(OURS.recall)),
    Column("FID", "Inception", distance(FID.frechet)),
    Column("KID", "Inception", distance(FID.kernel)),
    Column("precision", "Inception", share(FID.precision)),
    Column("recall", "Inception", share(FID.recall)),
    Column("blur", "", share("blur")),
    Column("images", "", lambda images: Cell(number(images.scores.get("images")))),
)


def sample_table(variants: Sequence[VariantResults]) -> Table:
    """Return the scores of each variant's samples and reconstructions, of the floor, and of the photographs."""
    items = []
    for variant in variants:
        items += [ScoredImages(variant.label, f"from {z}", variant.samples[source])
                  for source, z in SOURCES.items() if source in variant.samples]
        if variant.samples and variant.reconstruction:
            items.append(ScoredImages(variant.label, "reconstructions", variant.reconstruction))
    if scores := floor(variants):
        items.append(ScoredImages(IMAGES_OF["train"], "the floor", scores))
    if scores := photographs(variants):
        items.append(ScoredImages(reference_in_words(variants), "", scores))
    return table_of(items, lambda images: Cell(images.label, images.what), COLUMNS)


def photographs(variants: Sequence[VariantResults]) -> Scores:
    """Return blur and number of the photographs that samples are compared with; empty if nobody has them.

    They are the same for all variants, and so is the floor.
    """
    return next((v.samples["photographs"] for v in variants if "photographs" in v.samples), {})


def floor(variants: Sequence[VariantResults]) -> Scores:
    """Return the scores of training photographs; empty if nobody has them."""
    return next((v.samples["floor"] for v in variants if "floor" in v.samples), {})


def reference_in_words(variants: Sequence[VariantResults]) -> str:
    """Return what samples are compared with: "test images" or "validation images"."""
    return IMAGES_OF[next((v.protocol["reference"] for v in variants if v.protocol), "test")]


def with_mixture(variants: Sequence[VariantResults]) -> bool:
    """Return whether any variant has samples from a mixture of Gaussians."""
    return any("mixture" in variant.samples for variant in variants)
