"""The page: one HTML file with all pictures in it, which opens from disk without a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from pipeline.comparison.curves import Curves
from pipeline.comparison.gathering import Comparison
from pipeline.comparison.metrics import MetricTable, Value
from pipeline.files.atomic import write_text
from pipeline.report.numbers import DASH, number

STAGES = {"evaluate": "Reconstructions, attributes and latent space", "samples": "Samples",
          "train": "Training, last epoch", "view_gains": "Several views and variants together"}


def write_page(path: str | Path, comparison: Comparison) -> None:
    """Write the page. The same comparison gives the same bytes."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(number=number, difference=difference, coded=coded)
    template = environment.get_template("comparison.html.j2")
    write_text(path, template.render(comparison=comparison, stages=STAGES, label=labels_in_words(comparison),
                                     glance=at_a_glance(comparison), tables=with_rows(comparison.metrics),
                                     curves=with_panels(comparison.curves)))


def at_a_glance(comparison: Comparison) -> list[dict[str, Any]]:
    """Return for each experiment behind the first what the top of the page says of it.

    Returns:
        place; changed: (name, value in the first, its value) for each parameter that is not that of the first;
        retrained, same: variants with other and with the very same weights.
    """
    glance = []
    first = comparison.experiments[0]
    for place, experiment in enumerate(comparison.experiments[1:], 1):
        changed = [(one.name, one.variants, one.values[0], one.values[place]) for one in comparison.parameters.different
                   if one.values[0] != one.values[place]]
        both = [name for name in comparison.labels if first.weights(name) and experiment.weights(name)]
        same = [name for name in both if first.weights(name) == experiment.weights(name)]
        glance.append({"place": place, "changed": changed, "same": same,
                       "retrained": [name for name in both if name not in same]})
    return glance


def labels_in_words(comparison: Comparison) -> dict[str, str]:
    """Return variant → its labels, "VAE-123", or "VAE-123, VAE-345" where experiments call it differently."""
    return {name: ", ".join(dict.fromkeys(filter(None, labels))) for name, labels in comparison.labels.items()}


def with_rows(tables: Sequence[MetricTable]) -> list[MetricTable]:
    """Return the tables in which any number differs."""
    return [table for table in tables if table.metrics]


def with_panels(curves: Sequence[Curves]) -> list[Curves]:
    """Return the curves of variants of which there is anything to show or to say."""
    return [one for one in curves if one.panels or one.notes]


def coded(sentence: str) -> Markup:
    """Return a sentence with its `commands` as code."""
    parts = [escape(part) for part in sentence.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else part
                           for place, part in enumerate(parts))


def difference(value: Value) -> str:
    """Return a difference with its sign: "+0.52", "−12,345"."""
    if value.difference is None:
        return DASH
    sign = "+" if value.difference > 0 else "−" if value.difference < 0 else ""
    return f"{sign}{number(abs(value.difference))}"
