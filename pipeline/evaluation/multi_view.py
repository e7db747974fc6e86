"""What each view of a face, and each further variant, adds to attribute prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.config import Cluster
from pipeline.evaluation import svm
from pipeline.evaluation.features import posterior_means
from pipeline.evaluation.results import ALL_VIEWS


class Step(NamedTuple):
    """A set of features, and the smaller one that it is compared with."""

    name: str  # "aligned", "+ landmark", …
    over: str  # the name of the step that it adds to, "" for the first
    variants: tuple[str, ...]
    views: tuple[str, ...]
    table: str | None = None  # where Table 1 shows this set: under which name of a view set


def steps(variants: Sequence[str], views: Sequence[str], labels: Mapping[str, str]) -> list[Step]:
    """The first variant's views one after the other; then the other variants, with all views; then with the first.

    `labels`: variant → "VAE-123".
    """
    found = [Step(views[0], "", (variants[0],), (views[0],))]
    for number, view in enumerate(views[1:], 2):
        found.append(Step(f"+ {view}", found[-1].name, (variants[0],), tuple(views[:number])))
    for number, variant in enumerate(variants[1:], 2):
        last = ALL_VIEWS if number == len(variants) and len(views) > 1 else None
        found.append(Step(f"+ {labels[variant]}", found[-1].name, tuple(variants[:number]), tuple(views), last))
    if len(variants) > 1:
        together = " + ".join(labels[variant] for variant in variants)
        one_view = Step(f"{views[0]} of {together}", views[0], tuple(variants), (views[0],), views[0])
        found = [*found, one_view] if len(views) > 1 else [*found[:-1], found[-1]._replace(table=views[0])]
    return found


def gains(variants: Sequence[str], views: Sequence[str], labels: Mapping[str, str], attributes: np.ndarray,
          C: Sequence[float], root: str | Path = "latents", progress: bool = False,
          cluster: Cluster | None = None) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Train and score SVMs on the features of every step.

    `attributes`: bool N×40 of the latents' N images. `C`, `cluster`: see `svm.evaluate_sets`. `root`: of the latents.

    Returns one row per step, and, for the sets that combine variants, name → the rows of `svm.evaluate`; the names
    are the first view's, and `ALL_VIEWS` where there are several. The columns of the first:
      step               its name: "aligned", "+ landmark", …, "+ VAE-345", "aligned of VAE-123 + VAE-345"
      over               the step with which to compare it, "" for the first
      variants, views    whose latents are concatenated, separated by spaces
      dimensions         D, their number
      C, accuracy, balanced_accuracy, majority   of `svm.averages`, shares in 0 … 1
    """
    features, compared = posterior_means(variants, views, root), steps(variants, views, labels)
    columns = {step.name: features.of(step.variants, step.views) for step in compared}
    scored = svm.evaluate_sets(features.x, columns, attributes, features.splits, C, "multi_view" if progress else None,
                               cluster)
    rows = []
    for step in compared:
        averages = svm.averages(scored[step.name])
        rows.append({"step": step.name, "over": step.over, "variants": " ".join(step.variants),
                     "views": " ".join(step.views), "dimensions": len(columns[step.name]),
                     **{name: averages[name] for name in ("C", "accuracy", "balanced_accuracy", "majority")}})
    return pd.DataFrame(rows), {step.table: scored[step.name] for step in compared if step.table is not None}
