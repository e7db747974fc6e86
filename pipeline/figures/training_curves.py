"""The curves of a training: loss terms, KL and active units by epoch, and the contest with an adversary."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from pipeline.figures import style

VALIDATION = "valid_"  # prefix of the columns measured on the validation split: dashed, in their term's colour
ROW = 3  # panels side by side


class Panel(NamedTuple):
    """Columns of the history that share axes."""

    title: str
    unit: str
    names: Sequence[str]
    at_zero: bool = True  # the axis of values begins at 0
    limits: tuple[float, float] | None = None  # of the axis of values, if they are fixed


KL = Panel("KL divergence", "nats per image", ["kl"])
ACTIVE_UNITS = Panel("Active units", "", ["active_units"])
ADVERSARY = (
    Panel("Wasserstein estimate", "critic, real − made images", ["wasserstein"]),
    Panel("Both players' losses", "", ["critic", "discriminator", "adversarial"], at_zero=False),
    Panel("Gradients", "", ["gradient_norm", "adversarial_ratio"]),
    Panel("Judged real", "mean probability", ["real_score", "fake_score"], limits=(0, 1)),
)
# Recorded, but another curve shows the same: the norm shows the penalty, the ratio shows both sides' gradients.
NOT_DRAWN = {"gradient_penalty", "reconstruction_gradient", "adversarial_gradient"}
PLOTTED = ("kl", "active_units", "wasserstein", "valid_wasserstein", "adversarial_ratio")  # columns that dvc.yaml plots
NO_TERMS = {"epoch", "step", "learning_rate", "seconds", "images_per_second"}  # columns that are no loss terms
IN_WORDS = {
    "active_units": "active units", "wasserstein": "estimate", "adversarial": "model",
    "gradient_norm": "of the critic, norm", "adversarial_ratio": "adversarial / reconstruction",
    "real_score": "real images", "fake_score": "made images",
}


def training_curves(path: str | Path, history: pd.DataFrame, label: str, latent_dim: int | None = None) -> None:
    """Write the panels for which there are numbers, three in a row.

    The first row has loss terms, KL in nats per image, and the number of active units. A variant with an adversary has
    a second row: the Wasserstein estimate, both players' losses, the norm of the critic's gradient with the ratio of
    the model's gradients, and a discriminator's scores.

    Args:
        path: of the PNG file.
        history: one row per epoch. Columns: epoch, step, learning_rate, the terms of the loss, kl, active_units, those
            in ADVERSARY, and any of them again with the prefix "valid_". Columns that are absent are not drawn.
        label: of the variant.
        latent_dim: number of latent units, drawn as the upper limit of the active ones.
    """
    elsewhere = NOT_DRAWN | {name for panel in (KL, ACTIVE_UNITS, *ADVERSARY) for name in panel.names}
    terms = [name for name in history if name not in NO_TERMS and not name.startswith(VALIDATION)]
    losses = Panel("Loss terms", "per image", [term for term in terms if term not in elsewhere])
    if losses.names == ["loss"] and "kl" not in history:  # a generator alone, whose loss is the curve "adversarial"
        losses = Panel("Loss terms", "per image", [])
    panels = [panel for panel in (losses, KL, ACTIVE_UNITS, *ADVERSARY) if any(columns_of(panel, history))]
    if not panels:
        raise ValueError(f"the history has no columns to draw, only {', '.join(history.columns)}")
    rows = [[p for p in panels if p not in ADVERSARY], [p for p in panels if p in ADVERSARY]]
    if len(panels) <= ROW:
        rows = [panels]
    rows = [row for row in rows if row]
    with style.plot(path, height=420 * len(rows)) as figure:
        engine = figure.get_layout_engine()
        assert isinstance(engine, ConstrainedLayoutEngine)  # as `style.plot` makes it
        engine.set(wspace=0.08)
        title = label + "     – –  on the validation split" * any(column.startswith(VALIDATION) for column in history)
        figure.suptitle(title, x=0.01, ha="left", fontsize=style.FONT_SIZE * 0.8, fontweight="bold")
        grid = figure.subplots(len(rows), max(map(len, rows)), squeeze=False)
        for axes_row, row in zip(grid, rows, strict=True):
            for number, axes in enumerate(axes_row):
                if number < len(row):
                    draw(axes, row[number], history, latent_dim)
                else:
                    axes.set_visible(False)


def curves_of_all(histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the histories of all variants below each other, with the column variant in front, for `dvc plots`.

    The columns that dvc.yaml plots are always there. What a variant does not have is NaN.

    Args:
        histories: label of a variant → its rows of epochs.
    """
    table = pd.concat([history.assign(variant=label) for label, history in histories.items()])
    return table.reindex(columns=list(dict.fromkeys(["variant", "epoch", *PLOTTED, *table.columns])))


def columns_of(panel: Panel, history: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (name, column) for each column of the panel that holds a number; validation has a prefixed column."""
    return [(name, column) for name in panel.names for column in (name, VALIDATION + name)
            if column in history and history[column].notna().any()]


def draw(axes: Axes, panel: Panel, history: pd.DataFrame, latent_dim: int | None) -> None:
    """Draw one panel."""
    drawn = []
    for name, column in columns_of(panel, history):
        line, marker = ("-", "o") if column == name else ("--", None)
        colour = style.COLOURS[panel.names.index(name) % len(style.COLOURS)]
        in_words = IN_WORDS.get(name, name)
        axes.plot(history["epoch"], history[column], line, marker=marker, color=colour,
                  label=in_words if column == name else "_validation")  # the underscore keeps it out of the legend
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
    elif panel.at_zero and span(drawn) > 10:  # a linear axis would flatten the small terms
        axes.set_yscale("log")
    elif panel.at_zero and lowest >= 0:
        axes.set_ylim(bottom=0)
    if "gradient_norm" in panel.names and "gradient_norm" in history:
        axes.axhline(1, color=style.BASELINE, linestyle=":", linewidth=1.2, label="1: the penalty's aim")
    named = len(axes.get_legend_handles_labels()[1])
    if named > 1:  # below the axes, so that it covers no curve
        axes.legend(loc="upper left", bbox_to_anchor=(-0.05, -0.17), ncols=2 if named > 3 else 1,
                    fontsize=style.FONT_SIZE * 0.66, columnspacing=1, borderpad=0)


def span(columns: Sequence[pd.Series]) -> float:
    """Return the largest value of all columns divided by the smallest; 0 if one is not positive."""
    low, high = min(float(c.min()) for c in columns), max(float(c.max()) for c in columns)
    return high / low if low > 0 else 0.0
