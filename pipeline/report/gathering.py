"""Read everything that the page shows from the plan and from the outputs of earlier stages."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import safe_open

from pipeline import paths
from pipeline.config.plans import AttributesPlan, LossNetworkPlan, ReportPlan, SamplingPlan, read_plan
from pipeline.config.variant import Variant
from pipeline.data import shards
from pipeline.files.json_file import read_json
from pipeline.latent_space import attribute_vectors
from pipeline.report.attribute_words import all_of_celeba, left_out
from pipeline.report.contents import FigureEntry, Report, VariantResults
from pipeline.report.figure_entries import curve_entries, figure_entries, gains_entry, table1_entry
from pipeline.report.latent_table import posterior_images
from pipeline.report.result_files import of_sections
from pipeline.report.sample_table import with_mixture
from pipeline.report.svm_tables import (
    SvmTables,
    c_notes,
    read_attribute_table,
    read_baseline_notes,
    read_baseline_tables,
    svm_warnings,
)
from pipeline.workspace import records

TITLE = "Deep feature consistent VAEs of faces"


def gather_report(plan: ReportPlan, variants: Sequence[Variant], svm_tables: SvmTables, table1: pd.DataFrame
                  ) -> Report:
    """Return what the page shows.

    Args:
        plan: the report's section of the plan.
        variants: all variants of the plan, in the order in which they are to appear.
        svm_tables: what `report.svm_tables.read_svm_tables` returned.
        table1: what `report.table1.build_table1` returned.
    """
    labels, gains = {variant.name: plan.variants[variant.name] for variant in variants}, pd.read_csv(paths.GAINS_TABLE)
    attributes = shards.manifest(paths.SHARDS, "aligned")["attributes"]
    figure_notes = read_json(paths.FIGURE_NOTES)
    results = [read_results(variant, labels[variant.name], figure_notes[variant.name], plan.view_set, attributes)
               for variant in variants]
    scored = {**svm_tables, **read_baseline_tables()}
    return Report(
        TITLE, data_facts(), loss_network_facts(read_plan(LossNetworkPlan)),
        variants=results,
        warnings=[f"{label}: {warning}" for name, label in labels.items()
                  for warning in read_json(paths.warnings(name))]
        + svm_warnings(scored, gains),
        figures=figure_entries(labels, plan.mosaic_variant, with_mixture(results), posterior_images(results),
                               attributes=attributes, encoders=[one.name for one in results if one.encodes]),
        curves=curve_entries(labels),
        table1=table1, table1_figure=drawn(table1_entry(attributes)),
        table1_notes=[*read_baseline_notes(), *c_notes(scored, gains)],
        gains=gains, gains_figure=drawn(gains_entry()),
        frechet_layer=read_plan(SamplingPlan).frechet_layer, per_class=read_plan(AttributesPlan).per_class,
        made_by=records.machines_by_stage(plan.variants), attributes=attributes,
        left_out=left_out(attributes, plan.notes),
        files=of_sections(results, sorted(path.stem for path in paths.BASELINES.glob("*.csv"))))


def drawn(entry: FigureEntry) -> FigureEntry | None:
    """Return a figure that is left out where there is nothing to draw; None then."""
    return entry if Path(entry.path).is_file() else None


def data_facts() -> dict[str, object]:
    """Return what the manifest of the view aligned says of the images."""
    manifest = shards.manifest(paths.SHARDS, "aligned")
    return {"source": manifest["source"], **{f"{split} images": count for split, count in manifest["images"].items()},
            **broken_images(manifest), **alignment(manifest), "image size": manifest["image_size"],
            **({} if all_of_celeba(manifest["attributes"]) else {"attributes": len(manifest["attributes"]) or "none"}),
            "sha256 of view aligned": manifest["sha256"]}


def alignment(manifest: Mapping[str, Any]) -> dict[str, object]:
    """Return how the faces came to CelebA's frame, where they were not there."""
    way = manifest.get("align", "none")
    return {} if way == "none" else {"faces aligned by": {"landmarks": "given landmarks", "crop": "a square crop",
                                                          "detect": "landmarks that a detector has found"}[way]}


def broken_images(manifest: Mapping[str, Any]) -> dict[str, object]:
    """Return how many images are left out because they are broken, and the first of them with the reason."""
    broken = manifest.get("left_out") or {"images": 0}
    if not broken["images"]:
        return {}
    first = "; ".join(f"{image_id} {reason}" for image_id, reason in broken["first"])
    more = "; …" if broken["images"] > len(broken["first"]) else ""
    return {"broken images, left out": f"{broken['images']:,}: {first}{more}; {paths.BROKEN_IMAGES} lists all"}


def loss_network_facts(plan: LossNetworkPlan) -> dict[str, object]:
    """Return what the page says of the loss network: where it comes from, its width, and what its metadata say."""
    width = {} if plan.width == 1 else {"width": f"{plan.width:g} times VGG-19's channels"}
    return {"source": plan.source, "file": plan.file, **width, **metadata_facts()}


def metadata_facts() -> dict[str, object]:
    """Return from which convention the loss network was converted, and from what it has learned, where it was taught.

    Its file's one metadatum says so.
    """
    with safe_open(paths.LOSS_NETWORK, "numpy") as file:  # `losses.loss_network.file` would load torch
        [text] = file.metadata().values()
    metadata = json.loads(text)
    return {name.replace("_", " "): metadata[name] for name in ("converted_from", "learned_from") if name in metadata}


def read_results(variant: Variant, label: str, figure_notes: Sequence[str], view_set: str,
                 attributes: Sequence[str]) -> VariantResults:
    """Read the results of one variant.

    Args:
        variant: its configuration.
        label: as in the figures.
        figure_notes: sentences on what its figures could not show.
        view_set: report.view_set.
        attributes: the names of the data set's attributes.
    """
    name = variant.name
    scores = read_json(paths.metrics("evaluate", name))
    return VariantResults(
        label, name, variant.model_dump(exclude={"name", "label", "encodes"}),
        training=read_json(paths.metrics("train", name)), svm=scores["svm"],
        reconstruction=scores["reconstruction"] or {}, preservation=scores.get("preservation") or {},
        posterior=scores.get("posterior") or {}, samples=read_json(paths.metrics("samples", name)),
        protocol=read_json(paths.protocol(name)),
        vectors=attribute_vectors.read_attribute_vectors(paths.attribute_vectors(name)) if variant.encodes else None,
        notes=[*figure_notes, *read_json(paths.variant_notes(paths.ATTRIBUTES, name)),
               *read_json(paths.variant_notes(paths.SAMPLES, name))],
        trained=records.read_record("train", name), view_set=view_set, flips=scores.get("flips") or {},
        vector_correlation=scores.get("vector_correlation") or {}, attributes=attributes,
        **{field: read_attribute_table(path(name), index=True) if variant.encodes else None for field, path in (
            ("flips_by_attribute", paths.flips), ("entanglement", paths.entanglement),
            ("preservation_by_attribute", paths.preservation_table))})
