"""What each view, and each further variant, adds to attribute prediction."""

from collections.abc import Mapping

import pandas as pd

from pipeline.report.numbers import number, percent, signed
from pipeline.report.tables import Cell, Table

MEASURES = ("accuracy", "balanced_accuracy")


def gains_table(gains: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """Return each step's scores, with its gain in percentage points over the step that it adds to.

    Args:
        gains: the table of `evaluation.view_gains.score_view_gains`.
        labels: name of a variant → its label, "VAE-123".
    """
    steps, rows = gains.set_index("step"), []
    for step in gains.itertuples():
        before = steps.loc[step.over] if step.over in steps.index else None
        gain = {name: None if before is None else 100 * (getattr(step, name) - before[name]) for name in MEASURES}
        small = f"of {labels.get(step.variants, step.variants)}" if before is None else f"over {step.over}"
        rows.append([Cell(step.step, small), Cell(percent(step.accuracy)), Cell(signed(gain["accuracy"])),
                     Cell(percent(step.balanced_accuracy)), Cell(signed(gain["balanced_accuracy"])),
                     Cell(percent(step.valid_accuracy)),
                     Cell(number(step.dimensions)), Cell(f"{step.C:g}")])
    return Table([Cell("features"), Cell("accuracy", "%"), Cell("gain", "points"), Cell("balanced accuracy", "%"),
                  Cell("gain", "points"), Cell("validation accuracy", "%"), Cell("dimensions"), Cell("C")], rows)
