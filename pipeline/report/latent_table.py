"""Reconstructions and latent space: what the SVMs see in reconstructions, and whether the posteriors are healthy."""

from collections.abc import Callable, Sequence

from pipeline.evaluation.score_names import IMAGES_OF
from pipeline.report.common_attributes import with_common_kappa
from pipeline.report.contents import VariantResults
from pipeline.report.numbers import fixed, number, percent
from pipeline.report.tables import Cell, Column, Table, measured, table_of


def kept(key: str, text: Callable[[float | None], str]) -> Callable[[VariantResults], Cell]:
    """Return the cell function of a mean of `evaluation.preservation`."""
    return lambda variant: Cell(text(variant.preservation.get(key)))


def kappa(variant: VariantResults) -> Cell:
    """Return κ, with the number of attributes over which it is averaged below it."""
    return measured(fixed(variant.preservation.get("kappa"), 3), f"of {number(variant.preservation.get('attributes'))}")


def health(key: str, digits: int) -> Callable[[VariantResults], Cell]:
    """Return the cell function of a number of `evaluation.posterior`."""
    return lambda variant: Cell(fixed(variant.posterior.get(key), digits))


def counted(key: str) -> Callable[[VariantResults], Cell]:
    """Return the cell function of a number of latent dimensions, with that of all dimensions below it."""
    def cell(variant: VariantResults) -> Cell:
        units = variant.parameters.get("model", {}).get("latent_dim")
        return measured(number(variant.posterior.get(key)), f"of {units}" if units else "")

    return cell


def p_value(variant: VariantResults) -> Cell:
    """Return the p value of the test in all dimensions at once."""
    return Cell(fixed(variant.posterior.get("mmd_p"), 3))


# From the left; `report.summary_table` says how to add a number.
COLUMNS: tuple[Column[VariantResults], ...] = (
    Column("attributes kept", "%", kept("agreement", percent)),
    Column("by chance", "%", kept("chance", percent)),
    Column("Cohen’s κ", "", kappa),
    Column("KL", "nats", health("kl", 1)),
    Column("active units", "", counted("active_units")),
    Column("dimensions unlike N(0, 1)", "", counted("dimensions_rejected")),
    Column("KS distance", "mean", health("ks_mean", 3)),
    Column("KS distance", "largest", health("ks_max", 3)),
    Column("MMD²", "", health("mmd_squared", 5)),
    Column("p of MMD", "", p_value),
)


def latent_table(variants: Sequence[VariantResults]) -> Table:
    """Return one row per variant with an encoder."""
    encoders = with_common_kappa([variant for variant in variants if variant.posterior or variant.preservation])
    return table_of(encoders, lambda variant: Cell(variant.label), COLUMNS)


def posterior_images(variants: Sequence[VariantResults]) -> str:
    """Return by which images the posteriors are judged: "validation images" or "training images".

    All variants have the same images. `evaluation.posterior.judged_by` chooses the split.
    """
    return IMAGES_OF["train" if any("train_images" in variant.posterior for variant in variants) else "valid"]
