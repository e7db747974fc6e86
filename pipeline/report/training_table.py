"""The last metrics of each training: one row per metric, one column per variant."""

from collections.abc import Mapping, Sequence

from pipeline.report.contents import VariantResults
from pipeline.report.numbers import metric_in_words, number
from pipeline.report.tables import Cell, Table

VALIDATION = "valid_"  # prefix of a metric on the validation images


def training_table(variants: Sequence[VariantResults]) -> Table:
    """Return every metric that a training has recorded; below a number, the same on the validation images.

    A metric that was measured on the validation images only has a row of its own.
    """
    trained = [variant for variant in variants if variant.training]
    names = list(dict.fromkeys(name for variant in trained for name in variant.training
                               if not name.startswith(VALIDATION)
                               or name.removeprefix(VALIDATION) not in variant.training))
    return Table([Cell(""), *(Cell(variant.label) for variant in trained)],
                 [[Cell(metric_in_words(name)), *(metric_cell(variant.training, name) for variant in trained)]
                  for name in names])


def metric_cell(metrics: Mapping[str, float], name: str) -> Cell:
    """Return a metric with the same metric on the validation images below it."""
    on_validation = metrics.get(f"{VALIDATION}{name}")
    return Cell(number(metrics.get(name)), "" if on_validation is None else f"valid. {number(on_validation)}")
