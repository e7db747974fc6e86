"""What each latent dimension carries, and how far its aggregate posterior is from the prior."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.figures import style


def posterior(path: str | Path, dimensions: pd.DataFrame) -> None:
    """Write three panels over the latent dimensions, sorted by KL, the largest first.

    KL in nats; the standard deviation of z over the aggregate posterior, 1 in the prior; and the Kolmogorov-Smirnov
    distance of z from N(0, 1). Dimensions that the test rejects have their dots in the second colour.

    Args:
        path: of the PNG file.
        dimensions: the table of `evaluation.posterior.posterior_health`.
    """
    rows = dimensions.sort_values("kl", ascending=False, kind="stable")
    position, rejected = np.arange(1, len(rows) + 1), rows["rejected"].to_numpy(dtype=bool)
    panels = (("kl", "KL in nats", None), ("deviation", "standard deviation of z", 1.0),
              ("ks", "KS distance from N(0, 1)", None))
    with style.plot(path, height=560) as figure:
        for axes, (column, name, prior) in zip(figure.subplots(3, 1, sharex=True), panels, strict=True):
            values = rows[column].to_numpy()
            if prior is not None:
                axes.axhline(prior, color=style.BASELINE, linewidth=1.6, label="in the prior")
            for chosen, colour, label in ((~rejected, style.COLOURS[0], "not rejected as N(0, 1)"),
                                          (rejected, style.COLOURS[1], "rejected")):
                if chosen.any():
                    axes.plot(position[chosen], values[chosen], "o", color=colour, label=label)
            axes.set_title(name)
            axes.set_ylim(bottom=0)
            axes.margins(x=0.01)
            if prior is not None:
                figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=3)
        axes.set_xlabel("latent dimensions, sorted by KL")
