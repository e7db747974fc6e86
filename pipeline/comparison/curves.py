"""The curves of one variant's trainings, those of all experiments over each other."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline import paths
from pipeline.comparison.cache import Cache, how_to_get
from pipeline.comparison.chart import Line, chart
from pipeline.comparison.experiment import Experiment
from pipeline.figures.training_curves import IN_WORDS, NO_TERMS, VALIDATION
from pipeline.report.numbers import metric_in_words

FIRST = ("valid_loss", "kl", "active_units")  # what readers look for, from the left
UNITS = {"kl": "nats per image", "active_units": "of the latent dimensions"}
LOSS = "loss"


class Curves(NamedTuple):
    """All panels of one variant."""

    variant: str
    panels: list[str]  # SVG
    notes: list[str]  # sentences on curves that are missing


def variant_curves(variant: str, experiments: Sequence[Experiment], cache: Cache) -> Curves:
    """Draw what each training has recorded by epoch: one panel for a term, one colour for an experiment.

    Experiments with equal curves share one line.
    """
    histories: dict[str, tuple[list[int], pd.DataFrame]] = {}  # MD5 → the experiments that have it, and the rows
    notes = []
    for place, experiment in enumerate(experiments):
        md5 = experiment.output(f"train@{variant}", paths.TRAINING / variant)
        if not md5:
            continue
        if md5 in histories:
            histories[md5][0].append(place)
            continue
        content = cache.read(md5, paths.epochs(variant).name)
        if content is None:
            notes.append(how_to_get(experiment, paths.epochs(variant).parent))
        else:
            histories[md5] = ([place], pd.read_csv(io.BytesIO(content)))
    rows = list(histories.values())
    return Curves(variant, [panel(name, rows, experiments) for name in terms([history for _, history in rows])], notes)


def terms(histories: Sequence[pd.DataFrame]) -> list[str]:
    """Return what any of the trainings has recorded, without the prefix of the validation split."""
    recorded = [name for history in histories for name in history if np.isfinite(history[name]).any()]
    names = dict.fromkeys(name.removeprefix(VALIDATION) for name in recorded if name not in NO_TERMS)
    return sorted(names, key=lambda name: (LOSS, *FIRST).index(name) if name in (LOSS, *FIRST) else len(names))


def panel(name: str, histories: Sequence[tuple[list[int], pd.DataFrame]], experiments: Sequence[Experiment]) -> str:
    """Return one panel: a solid line of the training images and a dashed one of the validation images for each."""
    lines = []
    for places, history in histories:
        for column, is_dashed in ((name, False), (VALIDATION + name, True)):
            if column in history and np.isfinite(history[column]).any():
                drawn = history[["epoch", column]].dropna()
                lines.append(Line(places[0], ", ".join(experiments[place].name for place in places), is_dashed,
                                  list(zip(drawn["epoch"], drawn[column], strict=True))))
    return chart(IN_WORDS.get(name, metric_in_words(name)), UNITS.get(name, ""), "epoch", lines)
