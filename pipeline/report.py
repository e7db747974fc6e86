"""One self-contained page about everything that was run: `index.html`, which opens from disk without a network."""

import base64
import math
import mimetypes
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from pipeline.attribute_vectors import AttributeVectors
from pipeline.errors import InputError
from pipeline.evaluation import table1 as table_1
from pipeline.figures.style import readable

RANDOM_WEIGHTS = ("random weights: the loss network has never seen an image. Every feature loss and feature distance "
                  "here comes from random features, and no number of a variant trained with it can be compared with "
                  "those of the papers.")


@dataclass
class Variant:
    """One trained variant.

    `label` as in figures ("VAE-123"), `name` as in params.yaml ("dfc"). `parameters`: its resolved configuration,
    nested dicts allowed. `training`: its last metrics by name, such as loss, rec, kl, active_units, images_per_second.
    `reconstruction`: what `reconstruction_quality` returned. `vectors`: its attribute vectors, for their counts.
    """

    label: str
    name: str
    parameters: Mapping = field(default_factory=dict)
    training: Mapping[str, float] = field(default_factory=dict)
    reconstruction: Mapping[str, float | int | None] | None = None
    vectors: AttributeVectors | None = None


@dataclass
class FigureEntry:
    """A picture file, its title, the figure of the paper that it repeats ("Figure 3", or ""), and a caption."""

    path: str | Path
    title: str
    paper: str = ""
    caption: str = ""


@dataclass
class Report:
    """Everything on the page. An empty field leaves its section out.

    `data`: facts about the images by name (source, images of each split, hash).
    `loss_network`: facts about the loss network by name; its "source" is "random", "imagenet" or a file's name.
    `warnings`: sentences, for example on a collapsed posterior. `table1`: the table of `evaluation.table1.table1`.
    `per_class`: the images of each kind asked for by the attribute vectors.
    """

    title: str
    data: Mapping[str, object] = field(default_factory=dict)
    loss_network: Mapping[str, object] = field(default_factory=dict)
    variants: Sequence[Variant] = ()
    warnings: Sequence[str] = ()
    figures: Sequence[FigureEntry] = ()
    table1: pd.DataFrame | None = None
    per_class: int = 1000


def write_report(folder: str | Path, report: Report) -> Path:
    """Write `folder`/index.html, pictures embedded, and return its path. The same report gives the same bytes.

    Raises `InputError` where a figure's file is missing.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(number=number, embedded=embedded, readable=readable, metric=metric)
    page = environment.get_template("report.html.j2").render(
        report=report, random_weights=RANDOM_WEIGHTS if report.loss_network.get("source") == "random" else "",
        parameters=parameter_rows(report.variants), training=metric_rows(report.variants, "training"),
        reconstruction=metric_rows(report.variants, "reconstruction"),
        table1=None if report.table1 is None else table1_cells(report.table1),
        attribute_counts=attribute_counts(report.variants, report.per_class))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / "index.html.tmp"
    temporary.write_text(page, encoding="utf-8")
    os.replace(temporary, folder / "index.html")
    return folder / "index.html"


def flatten(parameters: Mapping, prefix: str = "") -> dict[str, str]:
    """{"loss": {"beta": 0.5}} → {"loss.beta": "0.5"}; lists become comma-separated."""
    flat = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        elif isinstance(value, (list, tuple)):
            flat[prefix + str(name)] = ", ".join(map(str, value))
        else:
            flat[prefix + str(name)] = "–" if value is None else str(value)
    return flat


def parameter_rows(variants: Sequence[Variant]) -> dict[str, list[tuple[str, list[str]]]]:
    """Parameters in which the variants differ (a value for each of them), and those that they share (one value)."""
    flats = [flatten(variant.parameters) for variant in variants]
    rows: dict[str, list[tuple[str, list[str]]]] = {"differing": [], "shared": []}
    for name in dict.fromkeys(name for flat in flats for name in flat):
        values = [flat.get(name, "–") for flat in flats]
        if len(set(values)) > 1:
            rows["differing"].append((name, values))
        else:
            rows["shared"].append((name, values[:1]))
    return rows


def metric_rows(variants: Sequence[Variant], which: str) -> tuple[list[str], list[tuple[str, list]]]:
    """Names of the metrics under `training` or `reconstruction`, and for each variant that has them its values."""
    having = [(variant.label, getattr(variant, which)) for variant in variants if getattr(variant, which)]
    names = list(dict.fromkeys(name for _, metrics in having for name in metrics))
    return names, [(label, [metrics.get(name) for name in names]) for label, metrics in having]


def table1_cells(table: pd.DataFrame) -> dict:
    """Table 1 turned for the page: columns (method, view, source) and rows (attribute, cells).

    A cell is its text and whether it is ours and above the majority class of its view, to one digit.
    """
    table = table_1.for_reading(table)
    turned = table_1.by_attribute(table)
    majority = table[table["source"] == "baseline"]
    columns, above = [], []
    for _, row in table.iterrows():
        columns.append({"method": row["method"], "view": row["view"], "source": row["source"]})
        same_view = [m for _, m in majority.iterrows() if m["view"] == "" or row["view"] in m["view"].split(", ")]
        above.append([bool(row["source"] == "ours" and same_view and row[name] - same_view[0][name] >= 0.05)
                      for name in turned.index])
    rows = [(name, [(turned.iat[i, j], above[j][i]) for j in range(len(columns))])
            for i, name in enumerate(turned.index)]
    return {"columns": columns, "rows": rows}


def attribute_counts(variants: Sequence[Variant], per_class: int) -> list[dict]:
    """Images behind the attribute vectors, once per different set of counts.

    Each: the labels of its variants, all rows (attribute, positives, negatives), those rows with fewer than asked but
    some, and the attributes without a vector, in words.
    """
    sets: dict[tuple, dict] = {}
    for variant in variants:
        if variant.vectors is None:
            continue
        rows = variant.vectors.counts()
        entry = sets.setdefault(tuple(rows), {
            "labels": [], "rows": rows, "fewer": [row for row in rows if 0 < min(row[1:]) < per_class],
            "missing": ", ".join(map(readable, variant.vectors.missing()))})
        entry["labels"].append(variant.label)
    return list(sets.values())


def number(value: object) -> str:
    """A number as a person reads it: "12,346", "123.5", "18.62", "0.0123"; an absent one as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return str(value)
    if isinstance(value, (int, np.integer)) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def metric(name: str) -> str:
    """A metric's name in words, a layer's as it is: "images per second", "relu1_1"."""
    return re.sub(r"_(?!\d)", " ", name)


def embedded(path: str | Path) -> str:
    """A picture file as a data URI. Raises `InputError` where it is missing."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"the report's figure {path} is missing; run the stage that draws it again") from error
    return f"data:{mimetypes.guess_type(str(path))[0] or 'image/png'};base64,{base64.b64encode(data).decode()}"
