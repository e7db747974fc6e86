"""How a variant's training went: loss terms, KL and active units by epoch."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.ticker import MaxNLocator

from pipeline.figures import style

VALIDATION = "valid_"  # prefix of the columns measured on the validation split: dashed, in their term's colour


def training_curves(path: str | Path, history: pd.DataFrame, label: str, terms: Sequence[str] = ("loss", "rec"),
                    latent_dim: int | None = None) -> None:
    """Write three panels side by side: loss terms, KL in nats per image, number of active units.

    `history`: one row per epoch with the column epoch, the columns named by `terms`, kl and active_units, and any of
    them again with the prefix "valid_"; columns that are absent are not drawn. `label`: the variant's.
    `latent_dim`: number of latent units, drawn as the upper limit of the active ones.
    """
    panels = (("Loss terms", "per image", [t for t in terms if t != "kl"]), ("KL divergence", "nats per image", ["kl"]),
              ("Active units", "", ["active_units"]))
    with style.plot(path, height=420) as figure:
        figure.get_layout_engine().set(wspace=0.08)
        figure.suptitle(label, x=0.01, ha="left", fontsize=style.FONT_SIZE * 0.8, fontweight="bold")
        for axes, (title, unit, names) in zip(figure.subplots(1, len(panels)), panels):
            drawn = []
            for number, name in enumerate(names):
                colour = style.COLOURS[number % len(style.COLOURS)]
                for column, line, marker in ((name, "-", "o"), (VALIDATION + name, "--", None)):
                    if column in history and history[column].notna().any():
                        name_in_words = name.replace("active_units", "active units")
                        axes.plot(history["epoch"], history[column], line, marker=marker, color=colour,
                                  label=name_in_words + ", validation" * (column != name))
                        drawn.append(history[column])
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.set_ylabel(unit)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            if not drawn:
                axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", color=style.MUTED)
                axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
                axes.spines[:].set_visible(False)
            elif names == ["active_units"]:
                if latent_dim is not None:
                    axes.axhline(latent_dim, color=style.BASELINE, linestyle=":", linewidth=1.2, label="all units")
                axes.set_ylim(0, 1.08 * max(latent_dim or 0, *(float(line.max()) for line in drawn)))
            elif span(drawn) > 10:  # terms of very different size, which a linear axis would flatten
                axes.set_yscale("log")
            else:
                axes.set_ylim(bottom=0)
            if len(axes.lines) > 1:  # below the axes, where no curve runs
                axes.legend(loc="upper left", bbox_to_anchor=(-0.05, -0.17), ncols=2 if len(axes.lines) > 3 else 1,
                            fontsize=style.FONT_SIZE * 0.66, columnspacing=1, borderpad=0)


def span(columns: Sequence[pd.Series]) -> float:
    """Largest over smallest value of all columns; 0 where one is not positive."""
    low, high = min(float(c.min()) for c in columns), max(float(c.max()) for c in columns)
    return high / low if low > 0 else 0.0
