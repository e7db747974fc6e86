"""The numbers of all experiments, and how they differ from those of the first."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline import paths
from pipeline.comparison.comparable import Comparable
from pipeline.comparison.experiment import Experiment
from pipeline.evaluation.score_names import HIGH, LOSS_NETWORK, LOW, NAMES

STAGES = ("evaluate", "samples", "train")  # those with metrics for each variant, in the order of the page
LOWER, HIGHER = "lower", "higher"  # is better
DISTANCES = {name for of_network in NAMES.values() for name in (of_network.frechet, of_network.kernel)}
SHARES = {name for of_network in NAMES.values() for name in (of_network.precision, of_network.recall)}
OF_FEATURES = {"feature_distance", *NAMES[LOSS_NETWORK]}  # measured over features of the loss network
# Last part of a metric's name → the direction that is better. What is not here has none that is always better.
SVM = dict.fromkeys(("accuracy", "balanced_accuracy", "average_precision", "auroc", "valid_accuracy"), HIGHER)
DIRECTIONS: Mapping[str, Mapping[str, str]] = {
    "svm": SVM,
    "reconstruction": {"psnr": HIGHER, "ssim": HIGHER, "lpips": LOWER, "feature_distance": LOWER},
    "preservation": {"agreement": HIGHER, "kappa": HIGHER},
    "prior": dict.fromkeys(DISTANCES, LOWER) | dict.fromkeys(SHARES, HIGHER),
    "mixture": dict.fromkeys(DISTANCES, LOWER) | dict.fromkeys(SHARES, HIGHER),
    **{score: {"": HIGHER} for score in ("accuracy", "balanced_accuracy", "valid_accuracy")},  # of view_gains
}


class Value(NamedTuple):
    """A number of one experiment."""

    value: float | int | None
    difference: float | None = None  # from the first experiment's; None for that one, and where they cannot be compared
    verdict: str = ""  # "better", "worse", or "within the interval"; "" where nothing can be said
    low: float | None = None  # the ends of its interval, where it has one
    high: float | None = None


class Metric(NamedTuple):
    """A number that is not equal in all experiments."""

    name: str  # "reconstruction.psnr"
    direction: str  # LOWER, HIGHER, or "" where neither is always better
    values: list[Value]  # one for each experiment


class MetricTable(NamedTuple):
    """The numbers of one stage of one variant."""

    stage: str
    variant: str  # "" for the gains of views
    metrics: list[Metric]  # those that differ
    equal: int  # how many are equal
    notes: list[str]  # sentences on what is not compared, and why


def metric_tables(experiments: Sequence[Experiment], variants: Sequence[str],
                  comparable: Comparable) -> list[MetricTable]:
    """Return a table for each stage of each variant that has numbers in at least one experiment, then view_gains."""
    sources = [(stage, variant, paths.metrics(stage, variant)) for variant in variants for stage in STAGES]
    sources.append(("view_gains", "", paths.VIEW_GAINS_METRICS))
    tables = []
    for stage, variant, path in sources:
        rows = [flat(json.loads(experiment.read(path) or b"{}")) for experiment in experiments]
        if any(rows):
            names = [name for name in dict.fromkeys(name for one in rows for name in one)
                     if not name.endswith((LOW, HIGH))]
            differ = [name for name in names if len({one.get(name) for one in rows}) > 1]
            compared, notes = comparable.numbers(stage, variant)
            metrics = [metric(name, rows, stage, compared) for name in differ]
            tables.append(MetricTable(stage, variant, metrics, len(names) - len(differ), notes if metrics else []))
    return tables


def metric(name: str, rows: Sequence[Mapping[str, float]], stage: str, compared: Mapping[str, bool]) -> Metric:
    """Return one number of all experiments.

    Args:
        name: Of the number.
        rows: All numbers of this stage, for each experiment.
        stage: That has measured it.
        compared: `Comparable.numbers`.
    """
    towards = direction(name, stage)
    if not compared["verdict"] or (name.rpartition(".")[2] in OF_FEATURES and not compared["features"]):
        towards = ""
    values = []
    for row in rows:
        value, first = row.get(name), rows[0].get(name)
        low, high = row.get(name + LOW), row.get(name + HIGH)
        if row is rows[0] or value is None or first is None or not compared["difference"]:
            values.append(Value(value, None, "", low, high))
            continue
        overlap = intervals_overlap((low, high), (rows[0].get(name + LOW), rows[0].get(name + HIGH)))
        verdict = "within the interval" if overlap and value != first else verdict_of(value - first, towards)
        values.append(Value(value, value - first, verdict, low, high))
    return Metric(name, towards, values)


def direction(name: str, stage: str) -> str:
    """Return LOWER or HIGHER for what is better of a metric, or "" where neither always is."""
    if stage == "train":  # the terms of a loss, and how far a training came
        return ""
    section, _, rest = name.partition(".")
    known = DIRECTIONS.get(section, {})
    return known.get("" if stage == "view_gains" else rest.rpartition(".")[2], "")


def verdict_of(difference: float, towards: str) -> str:
    """Return "better" or "worse", or "" without a difference or a direction."""
    if not towards or difference == 0:
        return ""
    return "better" if (difference > 0) == (towards == HIGHER) else "worse"


def intervals_overlap(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> bool:
    """Return whether two intervals have a point in common; False where one is missing."""
    (low, high), (from_, to) = one, other
    if low is None or high is None or from_ is None or to is None:
        return False
    return low <= to and from_ <= high


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return dotted name → number, of nested sections; null is left out."""
    rows: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            rows[prefix + name] = value
    return rows
