"""One self-contained page about everything that was run: index.html, which opens from disk without a network."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from pipeline.files.atomic import write_text
from pipeline.report.attribute_words import all_attributes, all_of_celeba, celebas, whose_attributes
from pipeline.report.contents import FigureEntry, Report
from pipeline.report.flips_table import flips_explanations, flips_table
from pipeline.report.gains_table import gains_table
from pipeline.report.glossary import Glossary
from pipeline.report.latent_table import latent_table, posterior_images
from pipeline.report.numbers import metric_in_words, number
from pipeline.report.overview import BESIDE, COMMANDS, overview
from pipeline.report.pictures import data_uri
from pipeline.report.protocol import protocol_in_words
from pipeline.report.published_later import LABELS, published_later
from pipeline.report.result_files import address
from pipeline.report.run_facts import machines_in_words, merged_notes, parameter_rows, trainings_in_words
from pipeline.report.sample_table import floor, photographs, sample_table, with_mixture
from pipeline.report.summary_table import explanations, summary_table
from pipeline.report.table1 import MEASURES, table1_notes
from pipeline.report.table1_layout import attribute_table, averages_table
from pipeline.report.training_table import training_table
from pipeline.report.vector_counts import vector_counts
from pipeline.vocabulary import counted, readable

RANDOM_WEIGHTS = ("random weights: the loss network has never seen an image. Every feature loss, feature distance and "
                  "Fréchet distance here comes from random features, and no number of a variant trained with it can be "
                  "compared with those of the papers.")
TAUGHT_WEIGHTS = ("the loss network has learned from {learned_from}, and from no label and no other picture. Every "
                  "feature loss, feature distance and Fréchet distance here comes from what it has learned, and no "
                  "number of a variant trained with it can be compared with those of the papers.")

# What page.html.j2 includes.
PARTS = {"style": "page_style.css.j2", "script": "page_script.js.j2", "macros": "macros.html.j2"}


def write_report(folder: str | Path, report: Report) -> Path:
    """Write `folder`/index.html with all pictures in it, and return its path. The same report gives the same bytes.

    Raises:
        InputError: the file of a figure is missing.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(number=number, embedded=data_uri, readable=readable, metric=metric_in_words,
                               address=address, slug=slug)
    glossary = Glossary()
    environment.filters["explained"] = glossary.explained
    environment.globals.update(parts=PARTS, beside=BESIDE, commands=COMMANDS, glossary=glossary)
    page = environment.get_template("page.html.j2").render(
        report=report, overview=overview(report), **facts_of_the_run(report), **tables_of_models(report),
        **tables_of_attributes(report), **words_on_attributes(report), figures=by_title(report.figures))
    path = Path(folder) / "index.html"
    write_text(path, page)
    return path


def facts_of_the_run(report: Report) -> dict[str, Any]:
    """Return what the template says of warnings, trainings, machines and parameters, by the names that it uses."""
    learned_from = report.loss_network.get("learned from", "")
    return {
        "random_weights": RANDOM_WEIGHTS if report.loss_network.get("source") == "random" else "",
        "taught_weights": TAUGHT_WEIGHTS.format(learned_from=learned_from) if learned_from else "",
        "learned_from": learned_from,
        "warnings": [*((warning, "") for warning in report.warnings), *merged_notes(report.variants)],
        "trained": trainings_in_words(report.variants),
        "machines": machines_in_words(report.made_by),
        "parameters": parameter_rows(report.variants),
    }


def tables_of_models(report: Report) -> dict[str, Any]:
    """Return the tables with a row or a column for each variant, by the names that the template uses."""
    summary, flips = summary_table(report.variants), flips_table(report.variants)
    return {
        "summary": summary,
        "explanations": explanations(summary),
        "samples": sample_table(report.variants),
        "photographs": photographs(report.variants),
        "floor": floor(report.variants),
        "protocol": protocol_in_words(report.variants),
        "mixture": with_mixture(report.variants),
        "posterior_images": posterior_images(report.variants),
        "training": training_table(report.variants),
        "flips": flips,
        "flips_explanations": flips_explanations(flips),
        "attribute_counts": vector_counts(report.variants, report.per_class),
    }


def tables_of_attributes(report: Report) -> dict[str, Any]:
    """Return Table 1 and the gains of views, by the names that the template uses; nothing for what the report lacks."""
    table1, gains = report.table1, report.gains
    labels = {variant.name: variant.label for variant in report.variants}
    view_set = next((variant.view_set for variant in report.variants if variant.view_set), "")
    if table1 is not None and table1.empty:
        table1 = None
    return {
        "averages": None if table1 is None else averages_table(table1),
        "by_attribute": [] if table1 is None else [(measure, attribute_table(table1, measure, view_set))
                                                   for measure in MEASURES],
        "view_set": view_set,
        "table1_notes": [] if table1 is None else [*table1_notes(table1), *report.table1_notes],
        "published_later": published_later(),
        "noisy_labels": LABELS,
        "latent": latent_table(report.variants),
        "gains": None if gains is None or gains.empty else gains_table(gains, labels),
    }


def words_on_attributes(report: Report) -> dict[str, Any]:
    """Return how the template speaks of the attributes, by the names that it uses."""
    names = report.attributes
    return {
        "all_attributes": all_attributes(names),
        "whose_attributes": whose_attributes(names),
        "linear_svms": counted(len(names), "linear SVM"),
        "has_published": bool(celebas(names)),
        "has_all_of_celeba": all_of_celeba(names),
        "view_set_as_asked": not any("report.view_set" in part for part in report.left_out),
        "without_attributes": bool(report.variants) and not names,
    }


def slug(title: str) -> str:
    """Return a title as the end of an anchor: "What each view adds" → "what-each-view-adds"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def by_title(figures: Sequence[FigureEntry]) -> list[list[FigureEntry]]:
    """Return neighbours of the same title together."""
    return [list(group) for _, group in groupby(figures, key=lambda figure: figure.title)]
