"""What the attribute vectors of each variant do: means over the attributes that all variants could measure."""

from collections.abc import Sequence

from pipeline.report.common_attributes import with_common_flips
from pipeline.report.contents import VariantResults
from pipeline.report.numbers import fixed, number, percent
from pipeline.report.tables import Cell, Column, Table, measured, table_of

COLUMNS: tuple[Column[VariantResults], ...] = (
    Column("median\N{NO-BREAK SPACE}α", "vectors", lambda variant: Cell(fixed(variant.flips.get("median_alpha"), 2)),
           "how many whole vectors the median test face must move until the SVM's answer flips: the median over the "
           "faces for each attribute, and the mean of these medians over the attributes."),
    Column("flipped", "% within α\N{NO-BREAK SPACE}≤\N{NO-BREAK SPACE}1",
           lambda variant: Cell(percent(variant.flips.get("flipped"))),
           "share of test faces whose answer flips within one vector, which is as far as the papers' figures go."),
    Column("other answers", "%", lambda variant: Cell(percent(variant.flips.get("others"))),
           "share of the other attributes' answers that flip at the same point: the mean of the entanglement figure "
           "over these attributes, without its diagonal. Lower is better disentangled."),
    Column("decoded", "%", lambda variant: Cell(percent(variant.flips.get("decoded"))),
           "share of faces whose picture agrees. A face is moved a tenth farther than to where its answer flips, "
           "decoded to a picture of 8 bits, and encoded again; then the SVM is asked once more."),
    Column("unmoved", "%", lambda variant: Cell(percent(variant.flips.get("unmoved"))),
           "share of the same faces whose answer decoding and encoding alone flips: what the column before it must "
           "beat."),
    Column("kept", "%", lambda variant: Cell(percent(variant.flips.get("kept"))),
           "how much of the change of the SVM's decision these pictures show: 100 where it is as large, once they are "
           "encoded again, as in the latent vectors that were decoded."),
    Column("attributes", "", lambda variant: measured(number(variant.flips.get("attributes")),
                                                 f"of {len(variant.attributes)}"),
           "number of attributes over which these are means, the same for all models. An attribute is left out if for "
           "any model it has no vector, or its SVM has one answer to all test faces, or no move along the vector flips "
           "an answer; the last counts as 0 in “flipped”."),
    Column("correlation with labels", "", lambda variant: Cell(fixed(variant.vector_correlation.get("correlation"), 2)),
           "Pearson's correlation between the entries of the two matrices of the figure “Correlation of attribute "
           "vectors”, without their diagonals."),
    Column("difference from labels", "",
           lambda variant: Cell(fixed(variant.vector_correlation.get("mean_absolute_difference"), 2)),
           "mean absolute difference between the same entries."),
)


def flips_table(variants: Sequence[VariantResults]) -> Table:
    """Return the table of COLUMNS with one row per variant that has attribute vectors."""
    movable = with_common_flips([variant for variant in variants if variant.flips])
    return table_of(movable, lambda variant: Cell(variant.label), COLUMNS)


def flips_explanations(table: Table) -> dict[str, str]:
    """Return heading → sentence for the columns of the table."""
    return {column.heading: column.explained for column in COLUMNS if table.has(column.heading)}
