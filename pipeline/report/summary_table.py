"""The summary: one row per variant, one column per number. This is where a metric gets onto the page.

To add a metric to the report:

1. Have it measured. `evaluation.reconstruction`, `evaluation.sample_quality` and `evaluation.svm` return dictionaries
   that the stages evaluate and samples write to metrics/ as they are; a new key there is enough.
2. Add one line to COLUMNS below, or to COLUMNS in `report.sample_table` for a number about samples. A column that no
   variant has a number for does not show.

Metrics of training need neither: every metric that a training records has a row in `report.training_table`.
"""

from collections.abc import Callable, Sequence

from pipeline.report.attribute_words import celebas
from pipeline.report.contents import VariantResults
from pipeline.report.numbers import fixed, number, percent
from pipeline.report.table1 import published_averages
from pipeline.report.tables import Cell, Column, Table, measured, table_of
from pipeline.vocabulary import ATTRIBUTES, counted

# Where z of a sample comes from, as metrics/samples names it → as the page says it.
SOURCES = {"prior": "N(0,\N{NO-BREAK SPACE}I)", "mixture": "mixture"}


def svm_accuracy(variant: VariantResults) -> Cell:
    """Return the accuracy with the set of views of report.view_set, which is named below it."""
    return measured(percent(variant.reported_svm.get("accuracy")), variant.view_set, "strong")


def chosen_accuracy(variant: VariantResults) -> Cell:
    """Return the accuracy with the set of views that is best on the validation images, which is named below it."""
    return measured(percent(variant.chosen_svm.get("accuracy")), variant.chosen_view_set)


def published_accuracy(variant: VariantResults) -> Cell:
    """Return the paper's accuracy of a model of this label, also if the label has the variant's name behind it.

    Below it stands over how many attributes it is the mean, unless over all of CelebA's, as in the paper.
    """
    label, of_celeba = variant.label.removesuffix(f" ({variant.name})"), celebas(variant.attributes)
    accuracy = published_averages(tuple(of_celeba)).get(label) if variant.reported_svm else None
    over = "" if len(of_celeba) == len(ATTRIBUTES) else f"over {counted(len(of_celeba), 'attribute')}"
    return measured(fixed(accuracy, 2), over)


def active_units(variant: VariantResults) -> Cell:
    """Return the number of active units, with that of all units below it."""
    units = variant.parameters.get("model", {}).get("latent_dim")
    return measured(number(variant.training.get("active_units")), f"of {units}" if units else "")


def sample_score(source: str, key: str) -> Callable[[VariantResults], Cell]:
    """Return the cell function of a score of samples from a source of z."""
    return lambda variant: Cell(number(variant.samples.get(source, {}).get(key)))


# From the left: heading, unit, the cell of a variant, and a sentence for the list below the table. Sentences with a
# link, with a condition, or about two columns at once stand in the page's template instead.
COLUMNS: tuple[Column[VariantResults], ...] = (
    Column("SVM accuracy", "%", svm_accuracy),
    Column("published", "%", published_accuracy),
    Column("SVM accuracy, set chosen on validation", "%", chosen_accuracy,
           "the same of the set of views named below it, which has the model’s highest accuracy on the validation "
           "images."),
    Column("majority class", "%", lambda variant: Cell(percent(variant.reported_svm.get("majority")))),
    Column("balanced accuracy", "%", lambda variant: Cell(percent(variant.reported_svm.get("balanced_accuracy")))),
    Column("PSNR", "dB", lambda variant: Cell(fixed(variant.reconstruction.get("psnr"), 2))),
    Column("SSIM", "", lambda variant: Cell(fixed(variant.reconstruction.get("ssim"), 3))),
    Column("LPIPS", "", lambda variant: Cell(fixed(variant.reconstruction.get("lpips"), 3)),
           "a learned perceptual distance of reconstructions from their images (Zhang et al. 2018); lower is nearer."),
    Column("feature distance", "", lambda variant: Cell(number(variant.reconstruction.get("feature_distance")))),
    Column("blur", "", lambda variant: Cell(fixed(variant.reconstruction.get("blur"), 3))),
    Column("active units", "", active_units),
    Column("KL", "nats", lambda variant: Cell(number(variant.training.get("valid_kl")))),
    *(Column("Fréchet distance", z, sample_score(source, "frechet_distance")) for source, z in SOURCES.items()),
    *(Column("FID", z, sample_score(source, "fid"),
             "the same distance over the features of Inception, as is usual; it too depends on the number of images.")
      for source, z in SOURCES.items()),
)


def summary_table(variants: Sequence[VariantResults]) -> Table:
    """Return the table of COLUMNS with one row per variant."""
    return table_of(variants, lambda variant: Cell(variant.label), COLUMNS)


def explanations(table: Table) -> dict[str, str]:
    """Return heading → sentence for the columns of the table that have one."""
    return {column.heading: column.explained for column in COLUMNS if column.explained and table.has(column.heading)}
