"""How a variant's training went: loss terms, KL and active units by epoch, and the contest with its adversary."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline.figures import style

VALIDATION = "valid_"  # prefix of the columns measured on the validation split: dashed, in their term's colour
ROW = 3  # panels side by side


class Panel(NamedTuple):
    """Columns of the history that share axes. `at_zero`: whether these begin at 0. `limits`: of values, if fixed."""

    title: str
    unit: str
    names: Sequence[str]
    at_zero: bool = True
    limits: tuple[float, float] | None = None


KL = Panel("KL divergence", "nats per image", ["kl"])
ACTIVE_UNITS = Panel("Active units", "", ["active_units"])
ADVERSARY = (
    Panel("Wasserstein estimate", "critic, real − made images", ["wasserstein"]),
    Panel("Both players' losses", "", ["critic", "discriminator", "adversarial"], at_zero=False),
    Panel("Gradients", "", ["gradient_norm", "adversarial_ratio"]),
    Panel("Judged real", "mean probability", ["real_score", "fake_score"], limits=(0, 1)),
)
# Recorded, but told by another curve: the penalty by the norm, the two sides' gradients by their ratio.
NOT_DRAWN = {"gradient_penalty", "reconstruction_gradient", "adversarial_gradient"}
PLOTTED = ("kl", "active_units", "wasserstein", "valid_wasserstein", "adversarial_ratio")  # by dvc.yaml
NO_TERMS = {"epoch", "step", "learning_rate", "seconds", "images_per_second"}
IN_WORDS = {
    "active_units": "active units", "wasserstein": "estimate", "adversarial": "model",
    "gradient_norm": "of the critic, norm", "adversarial_ratio": "adversarial / reconstruction",
    "real_score": "real images", "fake_score": "made images",
}


def training_curves(path: str | Path, history: pd.DataFrame, label: str, latent_dim: int | None = None) -> None:
    """Write the panels for which there are numbers, three in a row: loss terms, KL in nats per image, number of active
    units; then, of a variant with an adversary, the Wasserstein estimate, the players' losses, the norm of the critic's
    gradient with the ratio of the model's gradients, and a discriminator's scores.

    `history`: one row per epoch with the columns epoch, step and learning_rate, those of the loss's terms, kl and
    active_units, those named in ADVERSARY, and any of them again with the prefix "valid_"; columns that are absent are
    not drawn.
    `label`: the variant's. `latent_dim`: number of latent units, drawn as the upper limit of the active ones.
    """
    elsewhere = NOT_DRAWN | {name for panel in (KL, ACTIVE_UNITS, *ADVERSARY) for name in panel.names}
    terms = [name for name in history if name not in NO_TERMS and not name.startswith(VALIDATION)]
    losses = Panel("Loss terms", "per image", [term for term in terms if term not in elsewhere])
    if losses.names == ["loss"] and "kl" not in history:  # a generator alone: the same curve as adversarial
        losses = Panel("Loss terms", "per image", [])
    panels = [panel for panel in (losses, KL, ACTIVE_UNITS, *ADVERSARY) if any(columns_of(panel, history))]
    if not panels:
        raise ValueError(f"the history has no columns to draw, only {', '.join(history.columns)}")
    rows = [[p for p in panels if p not in ADVERSARY], [p for p in panels if p in ADVERSARY]]
    if len(panels) <= ROW:
        rows = [panels]
    rows = [row for row in rows if row]
    with style.plot(path, height=420 * len(rows)) as figure:
        figure.get_layout_engine().set(wspace=0.08)
        title = label + "     – –  on the validation split" * any(column.startswith(VALIDATION) for column in history)
        figure.suptitle(title, x=0.01, ha="left", fontsize=style.FONT_SIZE * 0.8, fontweight="bold")
        grid = figure.subplots(len(rows), max(map(len, rows)), squeeze=False)
        for axes_row, row in zip(grid, rows):
            for number, axes in enumerate(axes_row):
                if number < len(row):
                    draw(axes, row[number], history, latent_dim)
                else:
                    axes.set_visible(False)


def curves_of_all(histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The histories of all variants below each other, with the column variant in front, for `dvc plots`.

    histories: a variant's label → its rows of epochs. What a variant does not have is empty. The columns that dvc.yaml
    plots are there, whether or not a variant has them.
    """
    table = pd.concat([history.assign(variant=label) for label, history in histories.items()])
    return table.reindex(columns=list(dict.fromkeys(["variant", "epoch", *PLOTTED, *table.columns])))


def columns_of(panel: Panel, history: pd.DataFrame) -> list[tuple[str, str]]:
    """(name, column) of the panel's columns that hold a number."""
    return [(name, column) for name in panel.names for column in (name, VALIDATION + name)
            if column in history and history[column].notna().any()]


def draw(axes: Axes, panel: Panel, history: pd.DataFrame, latent_dim: int | None) -> None:
    """One panel."""
    drawn = []
    for name, column in columns_of(panel, history):
        line, marker = ("-", "o") if column == name else ("--", None)
        colour = style.COLOURS[panel.names.index(name) % len(style.COLOURS)]
        in_words = IN_WORDS.get(name, name)
        axes.plot(history["epoch"], history[column], line, marker=marker, color=colour,
                  label=in_words if column == name else "_validation")  # matplotlib leaves it out of the legend
        drawn.append(history[column])
    axes.set_title(panel.title)
    axes.set_xlabel("epoch")
    axes.set_ylabel(panel.unit)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    lowest = min(float(column.min()) for column in drawn)
    if panel is ACTIVE_UNITS:
        if latent_dim is not None:
            axes.axhline(latent_dim, color=style.BASELINE, linestyle=":", linewidth=1.2, label="all units")
        axes.set_ylim(0, 1.08 * max(latent_dim or 0, *(float(line.max()) for line in drawn)))
    elif panel.limits:
        axes.set_ylim(panel.limits)
    elif panel.at_zero and span(drawn) > 10:  # terms of very different size, which a linear axis would flatten
        axes.set_yscale("log")
    elif panel.at_zero and lowest >= 0:
        axes.set_ylim(bottom=0)
    if "gradient_norm" in panel.names and "gradient_norm" in history:
        axes.axhline(1, color=style.BASELINE, linestyle=":", linewidth=1.2, label="1: the penalty's aim")
    named = len(axes.get_legend_handles_labels()[1])
    if named > 1:  # below the axes, where no curve runs
        axes.legend(loc="upper left", bbox_to_anchor=(-0.05, -0.17), ncols=2 if named > 3 else 1,
                    fontsize=style.FONT_SIZE * 0.66, columnspacing=1, borderpad=0)


def span(columns: Sequence[pd.Series]) -> float:
    """Largest over smallest value of all columns; 0 where one is not positive."""
    low, high = min(float(c.min()) for c in columns), max(float(c.max()) for c in columns)
    return high / low if low > 0 else 0.0
