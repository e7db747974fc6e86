"""What each view of a face, and each further variant, adds to attribute prediction."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from pipeline.data.attributes import Attributes
from pipeline.evaluation import svm, svm_notes
from pipeline.evaluation.features import Features
from pipeline.evaluation.set_names import ALL_VIEWS
from pipeline.parallel import ParallelMap, in_this_process

ABOUT = ("step", "over", "variants", "views", "dimensions")  # the first columns of the table
SCORES = ("C", "accuracy", "balanced_accuracy", "majority", "valid_accuracy")  # of `svm.averages`, in the table


class Step(NamedTuple):
    """A feature set, and the smaller one that it is compared with."""

    name: str  # "aligned", "+ landmark", …
    over: str  # the name of the step that it is compared with, "" for the first
    variants: tuple[str, ...]
    views: tuple[str, ...]
    table: str | None = None  # the name under which Table 1 shows this set as a view set; None where it does not


def plan_steps(variants: Sequence[str], views: Sequence[str], labels: Mapping[str, str]) -> list[Step]:
    """Plan which feature sets to compare.

    First come the first variant's views, added one by one. Then the other variants are added one by one, with all
    views. The last step is the first view of all variants.

    Args:
        variants: names of variants.
        views: names of views.
        labels: variant → its label, such as "VAE-123".
    """
    steps = [Step(views[0], "", (variants[0],), (views[0],))]
    for number, view in enumerate(views[1:], 2):
        steps.append(Step(f"+ {view}", steps[-1].name, (variants[0],), tuple(views[:number])))
    for number, variant in enumerate(variants[1:], 2):
        last = ALL_VIEWS if number == len(variants) and len(views) > 1 else None
        steps.append(Step(f"+ {labels[variant]}", steps[-1].name, tuple(variants[:number]), tuple(views), last))
    if len(variants) > 1:
        together = " + ".join(labels[variant] for variant in variants)
        one_view = Step(f"{views[0]} of {together}", views[0], tuple(variants), (views[0],), views[0])
        steps = [*steps, one_view] if len(views) > 1 else [*steps[:-1], steps[-1]._replace(table=views[0])]
    return steps


def score_view_gains(features: Features, attributes: Attributes, steps: Sequence[Step], C: Sequence[float],
                     progress: str | None = None, parallel_map: ParallelMap = in_this_process
                     ) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Train and score SVMs on the feature set of every step.

    Args:
        features: of all views of all variants that the steps name.
        attributes: of the features' N images.
        steps: from `plan_steps`.
        C: candidates for the SVMs' C; see `svm.evaluate_sets`.
        progress: the label of a progress bar; None for no bar.
        parallel_map: where SVMs are fitted; see `svm.evaluate_sets`.

    Returns:
        A table with one row per step, or no row without attributes; and name → the rows of `svm.evaluate` for the
        feature sets that combine variants. The names are the first view's, and `ALL_VIEWS` where there are several
        views. The table's columns:
          step               the name: "aligned", "+ landmark", …, "+ VAE-345", "aligned of VAE-123 + VAE-345"
          over               the step to compare it with, "" for the first
          variants, views    whose latents are concatenated, separated by spaces
          dimensions         D, their number
          C, accuracy, balanced_accuracy, majority, valid_accuracy   from `svm.averages`; shares are 0 … 1
          note               "", or which SVMs have not converged
    """
    columns = {step.name: features.of(step.variants, step.views) for step in steps}
    scored = svm.evaluate_sets(features.x, columns, attributes, features.splits, C, progress, parallel_map)
    rows = []
    for step in steps if attributes.names else ():
        step_rows = scored[step.name].rows
        averages = svm.averages(step_rows)
        rows.append({"step": step.name, "over": step.over, "variants": " ".join(step.variants),
                     "views": " ".join(step.views), "dimensions": len(columns[step.name]),
                     **{name: averages[name] for name in SCORES},
                     "note": svm_notes.convergence(step_rows)})
    gains = pd.DataFrame(rows, columns=[*ABOUT, *SCORES, "note"])
    return gains, {step.table: scored[step.name].rows for step in steps if step.table is not None}
