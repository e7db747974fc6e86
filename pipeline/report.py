"""One self-contained page about everything that was run: `index.html`, which opens from disk without a network."""

import base64
import io
import math
import mimetypes
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import jinja2
import numpy as np
import pandas as pd
from PIL import Image

from pipeline.attribute_vectors import AttributeVectors
from pipeline.errors import InputError
from pipeline.evaluation import table1 as table_1
from pipeline.figures.style import readable

RANDOM_WEIGHTS = ("random weights: the loss network has never seen an image. Every feature loss, feature distance and "
                  "Fréchet distance here comes from random features, and no number of a variant trained with it can be "
                  "compared with those of the papers.")
DASH = "–"
SOURCES = {"prior": "N(0,\N{NO-BREAK SPACE}I)", "mixture": "mixture"}  # of z, as metrics/samples names them
LONG = 240  # characters; of a note beyond, the details are folded
LARGE = 200_000  # bytes; a PNG beyond is embedded as WebP, of a sixth of the size


@dataclass
class Variant:
    """One trained variant.

    `label` as in figures ("VAE-123"), `name` as in params.yaml ("dfc"). `parameters`: its resolved configuration,
    nested dicts allowed. `training`: its last metrics by name, such as loss, kl, active_units, valid_loss.
    `svm`: set of views → `svm.averages`, empty without an encoder. `reconstruction`: what `reconstruction_quality`
    returned. `samples`: "prior" and "mixture" → `sample_quality`, "test_images" → blur and images.
    `vectors`: its attribute vectors, for their counts. `notes`: sentences on what could not be done as asked.
    `trained`: by what: its precision, device and workers, as in `training.loop.History`.
    """

    label: str
    name: str
    parameters: Mapping = field(default_factory=dict)
    training: Mapping[str, float] = field(default_factory=dict)
    svm: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reconstruction: Mapping[str, float | int | None] | None = None
    samples: Mapping[str, Mapping[str, float | int]] = field(default_factory=dict)
    vectors: AttributeVectors | None = None
    notes: Sequence[str] = ()
    trained: Mapping[str, str | int] = field(default_factory=dict)


@dataclass
class FigureEntry:
    """A picture file, its title, the figure that it repeats ("Figure 3 of the first paper", or ""), and a caption.

    `of`: the label of the variant it is about, "" for all. Entries in a row with the same title stand under one
    heading with one caption. `alt`: what is to be seen, for those who do not see it.
    """

    path: str | Path
    title: str
    paper: str = ""
    caption: str = ""
    of: str = ""
    alt: str = ""


@dataclass
class Report:
    """Everything on the page. An empty field leaves its section out.

    `data`: facts about the images by name (source, images of each split, hash).
    `loss_network`: facts about the loss network by name; its "source" is "random", "imagenet" or a file's name.
    `warnings`: sentences, for example on a collapsed posterior. `curves`: figures of training, folded.
    `table1`: the table of `evaluation.table1.table1`, `table1_figure` its figure, `table1_notes` further sentences.
    `gains`: the table of `evaluation.multi_view.gains`, `gains_figure` its figure. `frechet_layer`: "relu4_1".
    `per_class`: the images of each kind asked for by the attribute vectors. `made_by`: a stage's name ("train@dfc") and
    what made its result: python, requirements.lock and processor.
    """

    title: str
    data: Mapping[str, object] = field(default_factory=dict)
    loss_network: Mapping[str, object] = field(default_factory=dict)
    variants: Sequence[Variant] = ()
    warnings: Sequence[str] = ()
    figures: Sequence[FigureEntry] = ()
    curves: Sequence[FigureEntry] = ()
    table1: pd.DataFrame | None = None
    table1_figure: FigureEntry | None = None
    table1_notes: Sequence[str] = ()
    gains: pd.DataFrame | None = None
    gains_figure: FigureEntry | None = None
    frechet_layer: str = ""
    per_class: int = 1000
    made_by: Sequence[tuple[str, Mapping[str, str]]] = ()


class Cell(NamedTuple):
    """What stands in a table: a text, a small one below it, and CSS classes."""

    text: str
    small: str = ""
    css: str = ""


class Table(NamedTuple):
    """Rows of cells under headings, the first of each row its name. `last`: a row that stays at the bottom."""

    headings: list[Cell]
    rows: list[list[Cell]]
    last: list[Cell] | None = None

    def has(self, heading: str) -> bool:
        return any(cell.text == heading for cell in self.headings)


def write_report(folder: str | Path, report: Report) -> Path:
    """Write `folder`/index.html, pictures embedded, and return its path. The same report gives the same bytes.

    Raises `InputError` where a figure's file is missing.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(number=number, embedded=embedded, readable=readable, metric=metric)
    page = environment.get_template("report.html.j2").render(
        report=report, random_weights=RANDOM_WEIGHTS if report.loss_network.get("source") == "random" else "",
        warnings=[*((warning, "") for warning in report.warnings), *merged_notes(report.variants)],
        trained=trained(report.variants), machines=machines(report.made_by), summary=summary(report.variants),
        parameters=parameter_rows(report.variants),
        figures=[list(group) for _, group in groupby(report.figures, key=lambda figure: figure.title)],
        averages=None if report.table1 is None else averages(report.table1),
        by_attribute=[] if report.table1 is None else [(measure, by_attribute(report.table1, measure))
                                                       for measure in (table_1.ACCURACY, table_1.BALANCED)],
        table1_notes=[] if report.table1 is None else [*table_1.notes(report.table1), *report.table1_notes],
        gains=None if report.gains is None else gains(report.gains, {v.name: v.label for v in report.variants}),
        samples=sample_table(report.variants), test_images=test_images(report.variants),
        training=training(report.variants), attribute_counts=attribute_counts(report.variants, report.per_class))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / "index.html.tmp"
    temporary.write_text(page, encoding="utf-8")
    os.replace(temporary, folder / "index.html")
    return folder / "index.html"


# What was run


def flatten(parameters: Mapping, prefix: str = "") -> dict[str, str]:
    """{"loss": {"beta": 0.5}} → {"loss.beta": "0.5"}; lists become comma-separated."""
    flat = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        elif isinstance(value, (list, tuple)):
            flat[prefix + str(name)] = ", ".join(map(str, value))
        else:
            flat[prefix + str(name)] = DASH if value is None else str(value)
    return flat


def parameter_rows(variants: Sequence[Variant]) -> dict[str, list[tuple[str, list[str]]]]:
    """Parameters in which the variants differ (a value for each of them), and those that they share (one value)."""
    flats = [flatten(variant.parameters) for variant in variants]
    rows: dict[str, list[tuple[str, list[str]]]] = {"differing": [], "shared": []}
    for name in dict.fromkeys(name for flat in flats for name in flat):
        values = [flat.get(name, DASH) for flat in flats]
        if len(set(values)) > 1:
            rows["differing"].append((name, values))
        else:
            rows["shared"].append((name, values[:1]))
    return rows


def trained(variants: Sequence[Variant]) -> dict[str, str]:
    """{"PVAE, VAE-123": "in bf16, by 1 worker, on …"}: the variants that were trained alike, together."""
    labels: dict[str, list[str]] = {}
    for variant in variants:
        if of := variant.trained:
            where = f"1 worker, on {of['device']}" if of["workers"] == 1 else \
                f"{of['workers']} workers, the first on {of['device']}"
            labels.setdefault(f"in {of['precision']}, by {where}", []).append(variant.label)
    return {", ".join(having): how for how, having in labels.items()}


def machines(made_by: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """{"all results": "Python 3.12.3, …"}; where results were made by different ones, each with its stages' names."""
    stages: dict[str, list[str]] = {}
    for stage, by in made_by:
        words = f"Python {by['python']}, packages of requirements.lock {by['requirements.lock']}, on {by['processor']}"
        stages.setdefault(words, []).append(stage)
    if len(stages) == 1:
        return {"all results": next(iter(stages))}
    return {", ".join(names): words for words, names in stages.items()}


def merged_notes(variants: Sequence[Variant]) -> list[tuple[str, str]]:
    """"PVAE, VAE-123: …" for each note, once for all variants that have it; of a long one the details apart."""
    labels: dict[str, list[str]] = {}
    for variant in variants:
        for note in variant.notes:
            labels.setdefault(note, []).append(variant.label)
    merged = []
    for note, having in labels.items():
        sentence, _, details = note.partition(": ") if len(note) > LONG else (note, "", "")
        merged.append((f"{', '.join(having)}: {sentence}", details))
    return merged


# The tables


def summary(variants: Sequence[Variant]) -> Table:
    """One row per variant, one column per number that any of them has."""
    published = table_1.published()[table_1.AVERAGE]

    def cells(variant: Variant) -> dict[tuple[str, str], Cell]:
        best_set = max(variant.svm, key=lambda name: variant.svm[name]["accuracy"], default=None)
        svm = variant.svm.get(best_set, {})
        paper = published.get(variant.label.removesuffix(f" ({variant.name})"))
        made, quality = variant.samples, variant.reconstruction or {}
        units = variant.parameters.get("model", {}).get("latent_dim")
        active = variant.training.get("active_units")
        return {
            ("SVM accuracy", "%"): percent(svm.get("accuracy"), best_set or "", "strong"),
            ("published", "%"): digits(paper if svm else None, 2),
            ("majority class", "%"): percent(svm.get("majority")),
            ("balanced accuracy", "%"): percent(svm.get("balanced_accuracy")),
            ("PSNR", "dB"): digits(quality.get("psnr"), 2),
            ("SSIM", ""): digits(quality.get("ssim"), 3),
            ("feature distance", ""): Cell(number(quality.get("feature_distance"))),
            ("blur", ""): digits(quality.get("blur"), 3),
            ("active units", ""): Cell(number(active), f"of {units}" if units and active is not None else ""),
            ("KL", "nats"): Cell(number(variant.training.get("valid_kl"))),
            **{(name, z): Cell(number(made.get(source, {}).get(key))) for name, key in
               (("Fréchet distance", "frechet_distance"), ("FID", "fid")) for source, z in SOURCES.items()},
        }

    found = [cells(variant) for variant in variants]
    kept = [key for key in (found[0] if found else {}) if any(cells[key].text != DASH for cells in found)]
    rows = [[Cell(variant.label), *(cells[key] for key in kept)] for variant, cells in zip(variants, found)]
    return Table([Cell("model"), *(Cell(*key) for key in kept)], rows if kept else [])


def averages(table: pd.DataFrame) -> Table:
    """Table 1's last row alone: one row per method and set of views, ours first."""
    balanced = table[table["measure"] == table_1.BALANCED].set_index(["source", "method", "view"])[table_1.AVERAGE]
    majority = table[(table["measure"] == table_1.ACCURACY) & (table["source"] == "baseline")]
    rows = []
    for _, row in table_1.for_reading(table).iterrows():
        base = [m[table_1.AVERAGE] for _, m in majority.iterrows() if same_images(m["view"], row["view"])]
        over = row[table_1.AVERAGE] - base[0] if row["source"] == "ours" and base else None
        rows.append([Cell(row["method"], under(row)), digits(row[table_1.AVERAGE], 2), signed(over),
                     digits(balanced.get((row["source"], row["method"], row["view"])), 2)])
    return Table([Cell("method"), Cell("accuracy", "%"), Cell("over majority", "points"),
                  Cell("balanced accuracy", "%")], rows)


def by_attribute(table: pd.DataFrame, measure: str = table_1.ACCURACY) -> Table:
    """Table 1 turned: attributes as rows, the average at the bottom; ours, the majority class, the published ones.

    Ours are tinted where they are above the majority class, to one digit. The class "other" marks the columns of a
    method's sets of views that have not its highest average accuracy.
    """
    accuracy = table[(table["measure"] == table_1.ACCURACY) & (table["source"] == "ours")]
    best = set(accuracy.loc[accuracy.groupby("method")[table_1.AVERAGE].idxmax(), ["method", "view"]]
               .itertuples(index=False, name=None))
    table = table_1.for_reading(table, measure)
    turned, majority = table_1.by_attribute(table), table[table["source"] == "baseline"]
    headings, columns = [Cell("attribute")], []
    for number_, (_, row) in enumerate(table.iterrows()):
        ours = row["source"] == "ours"
        css = row["source"] + " other" * (ours and (row["method"], row["view"]) not in best)
        base = [m for _, m in majority.iterrows() if ours and same_images(m["view"], row["view"])]
        columns.append([Cell(text, css=css + " above" * bool(base and row[name] - base[0][name] >= 0.05))
                        for name, text in turned.iloc[:, number_].items()])
        headings.append(Cell(row["method"], under(row), css))
    rows = [[Cell(readable(name)), *cells] for name, cells in zip(turned.index, zip(*columns))]
    return Table(headings, rows[:-1], rows[-1])


def under(row: pd.Series) -> str:
    """What stands small below a method of Table 1: whose result it is, if the paper's, else the set of views."""
    return "paper" if row["source"] == "paper" else row["view"]


def same_images(majority: str, view: str) -> bool:
    """Whether the majority class, of certain sets of views or of all (""), was scored on the images of `view`."""
    return majority == "" or view in majority.split(", ")


def gains(table: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """What each step adds, in percentage points over the one it is compared with. `labels`: variant → "VAE-123"."""
    steps, rows = table.set_index("step"), []
    for step in table.itertuples():
        before = steps.loc[step.over] if step.over in steps.index else None
        over = {name: None if before is None else 100 * (getattr(step, name) - before[name])
                for name in ("accuracy", "balanced_accuracy")}
        small = f"of {labels.get(step.variants, step.variants)}" if before is None else f"over {step.over}"
        rows.append([Cell(step.step, small), percent(step.accuracy), signed(over["accuracy"]),
                     percent(step.balanced_accuracy), signed(over["balanced_accuracy"]),
                     Cell(number(step.dimensions)), Cell(f"{step.C:g}")])
    return Table([Cell("features"), Cell("accuracy", "%"), Cell("gain", "points"), Cell("balanced accuracy", "%"),
                  Cell("gain", "points"), Cell("dimensions"), Cell("C")], rows)


def sample_table(variants: Sequence[Variant]) -> Table:
    """Fréchet distance and blur of each variant's samples; blur of its reconstructions and of the test images."""
    fid = any("fid" in scores for variant in variants for scores in variant.samples.values())

    def row(name: str, what: str, scores: Mapping) -> list[Cell]:
        distances = [Cell(number(scores.get(key))) for key in ("frechet_distance", *["fid"] * fid)]
        return [Cell(name, what), *distances, digits(scores.get("blur"), 3), Cell(number(scores.get("images")))]

    rows = []
    for variant in variants:
        rows += [row(variant.label, f"from {z}", variant.samples[source]) for source, z in SOURCES.items()
                 if source in variant.samples]
        if variant.samples and variant.reconstruction:
            rows.append(row(variant.label, "reconstructions", variant.reconstruction))
    if test_images(variants):
        rows.append(row("test images", "", test_images(variants)))
    return Table([Cell("model"), Cell("Fréchet distance"), *[Cell("FID")] * fid, Cell("blur"), Cell("images")], rows)


def test_images(variants: Sequence[Variant]) -> Mapping[str, float | int]:
    """Blur and number of the test images, which are the same for all variants."""
    return next((v.samples["test_images"] for v in variants if "test_images" in v.samples), {})


def training(variants: Sequence[Variant]) -> Table:
    """The last metrics, one column per variant; below a number, the same on the validation images."""
    having = [variant for variant in variants if variant.training]
    names = list(dict.fromkeys(name for variant in having for name in variant.training
                               if not name.startswith("valid_") or name.removeprefix("valid_") not in variant.training))

    def cell(metrics: Mapping[str, float], name: str) -> Cell:
        valid = metrics.get(f"valid_{name}")
        return Cell(number(metrics.get(name)), "" if valid is None else f"valid. {number(valid)}")

    return Table([Cell(""), *(Cell(variant.label) for variant in having)],
                 [[Cell(metric(name)), *(cell(variant.training, name) for variant in having)] for name in names])


def attribute_counts(variants: Sequence[Variant], per_class: int) -> list[dict]:
    """Images behind the attribute vectors, once per different set of counts.

    Each: the labels of its variants, a table of all rows, the number of attributes, those (attribute, positives,
    negatives) with fewer than asked but some, and the attributes without a vector, in words.
    """
    sets: dict[tuple, dict] = {}
    for variant in variants:
        if variant.vectors is None:
            continue
        rows = variant.vectors.counts()
        entry = sets.setdefault(tuple(rows), {
            "labels": [], "attributes": len(rows), "fewer": [row for row in rows if 0 < min(row[1:]) < per_class],
            "table": Table([Cell("attribute"), Cell("positive images"), Cell("negative images")],
                           [[Cell(readable(name)), Cell(number(positives)), Cell(number(negatives))]
                            for name, positives, negatives in rows]),
            "missing": ", ".join(map(readable, variant.vectors.missing()))})
        entry["labels"].append(variant.label)
    return list(sets.values())


# Numbers, words and pictures


def number(value: object) -> str:
    """A number as a person reads it: "12,346", "123.5", "18.62", "0.0123"; an absent one as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return str(value)
    if isinstance(value, (int, np.integer)) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def digits(value: float | None, after_the_point: int, small: str = "", css: str = "") -> Cell:
    """A number with so many digits after the point, so that those of a column can be compared."""
    absent = value is None or math.isnan(value)
    return Cell(DASH) if absent else Cell(f"{value:.{after_the_point}f}", small, css)


def percent(share: float | None, small: str = "", css: str = "") -> Cell:
    """A share in 0 … 1 in percent, without the sign: "86.95"."""
    return digits(None if share is None else 100 * share, 2, small, css)


def signed(points: float | None) -> Cell:
    """A difference: "+0.52", "−1.10"."""
    return Cell(DASH if points is None or math.isnan(points) else f"{points:+.2f}".replace("-", "−"))


def metric(name: str) -> str:
    """A metric's name in words, a layer's as it is: "images per second", "relu1_1"."""
    return re.sub(r"_(?!\d)", " ", name)


def embedded(path: str | Path) -> str:
    """A picture file as a data URI, a large PNG as WebP. Raises `InputError` where it is missing."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"the report's figure {path} is missing; run the stage that draws it again") from error
    kind = mimetypes.guess_type(str(path))[0] or "image/png"
    if kind == "image/png" and len(data) > LARGE:
        smaller = io.BytesIO()
        Image.open(io.BytesIO(data)).convert("RGB").save(smaller, "WEBP", quality=90)
        kind, data = "image/webp", smaller.getvalue()
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
