"""Lay all variants side by side: Table 1, and one page with everything."""

from pathlib import Path

import pandas as pd

from pipeline import attribute_vectors, records, report
from pipeline.config import (
    AttributesPlan,
    LossNetworkPlan,
    ReportPlan,
    SamplingPlan,
    Variant,
    read_section,
    read_variants,
)
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation import table1
from pipeline.evaluation.results import svm_results
from pipeline.json_file import read_json
from pipeline.plan import code
from pipeline.removed_variants import delete_results_of_removed_variants
from pipeline.report import FigureEntry

OUTPUT, FIGURES, BASELINES = Path("report"), Path("figures"), Path("baselines")

# Of each variant, where there is one: file within figures/<variant>, title, figure of the papers, caption.
PER_VARIANT = (
    ("interpolation.png", "Interpolation", "Figure 5 of the first paper",
     "From the left face to the right one: z = (1 − α) z_left + α z_right."),
    ("attribute_arithmetic.png", "Attribute arithmetic", "Figure 6 of the first paper",
     "An attribute's vector added to a face or taken from it: z ± α z_attribute."),
    ("manipulation.png", "Attribute manipulation", "Figure 5 of the second paper",
     "Six attributes added to a face, z + α z_attribute."),
    ("correlation.png", "Correlation of attribute vectors", "Figure 7 of the first paper",
     "Pearson's correlation: 1 where two vectors have the same direction, −1 where the opposite one."),
)


def main() -> None:
    plan = read_section(ReportPlan, "plan/pipeline/report.json")
    network = read_section(LossNetworkPlan, "plan/pipeline/loss_network.json")
    variants, called = read_variants(), plan.variants
    code.checked("report", variants)
    delete_results_of_removed_variants()
    OUTPUT.mkdir(exist_ok=True)

    results = svm_results(called)
    table = table1.table1(results)
    table1.write_csv(table, OUTPUT / "table1.csv")
    table1.write_markdown(table, OUTPUT / "table1.md")

    none, drawn = BASELINES / "none.json", read_json(Path("figure_notes.json"))
    page = report.write_report(OUTPUT, report.Report(
        title="Deep feature consistent VAEs of faces", data=data_facts(),
        loss_network={"source": network.source, "file": network.file},
        variants=[page_variant(variant, called[variant.name], drawn[variant.name]) for variant in variants],
        made_by=records.of_all(called),
        warnings=[f"{called[v.name]}: {warning}" for v in variants
                  for warning in read_json(Path("training") / v.name / "warnings.json")],
        figures=figures(variants, called, called[plan.mosaic_variant]),
        curves=[FigureEntry(FIGURES / v.name / "curves.png", "Curves", of=called[v.name],
                            alt="Loss terms and other metrics by epoch") for v in variants],
        table1=table, table1_notes=[read_json(none)["note"].rstrip(".") + "."] if none.is_file() else [],
        table1_figure=FigureEntry(FIGURES / "svm.png", "Attribute prediction", "",
                                  "Accuracy by attribute, the largest gain over the majority class at the top.",
                                  alt="Accuracy of each model by attribute, beside the majority class"),
        gains=pd.read_csv("multi_view/gains.csv"),
        gains_figure=FigureEntry(FIGURES / "gains.png", "What each view adds", "", "The same as a picture.",
                                 alt="Accuracy and balanced accuracy, step by step"),
        frechet_layer=read_section(SamplingPlan, "plan/pipeline/sampling.json").frechet_layer,
        per_class=read_section(AttributesPlan, "plan/pipeline/attributes.json").per_class))
    best = max((float(rows["accuracy"].mean()), label, view_set) for label, sets in results.items()
               for view_set, rows in sets.items())
    records.write_record("report")
    print(f"{page}: {len(variants)} variants; best average SVM accuracy {best[0]:.1%} ({best[1]}, {best[2]})"
          + ("; loss network with random weights" if network.source == "random" else ""))


def data_facts() -> dict[str, object]:
    manifest = shards.manifest("data/shards", "aligned")
    return {"source": manifest["source"], **{f"{split} images": count for split, count in manifest["images"].items()},
            "image size": manifest["image_size"], "sha256 of view aligned": manifest["sha256"]}


def page_variant(variant: Variant, label: str, drawn: list[str]) -> report.Variant:
    """What the page says of a variant. drawn: notes on its figures."""
    name, attributes, evaluated = variant.name, Path("attributes") / variant.name, Path("metrics/evaluate")
    scores = read_json(evaluated / f"{name}.json")
    notes = [*drawn, *read_json(attributes / "notes.json"), *read_json(Path("samples") / name / "notes.json")]
    return report.Variant(
        label, name, variant.model_dump(exclude={"name", "label", "encodes"}),
        read_json(Path("metrics/train") / f"{name}.json"), scores["svm"], scores["reconstruction"],
        read_json(Path("metrics/samples") / f"{name}.json"),
        attribute_vectors.read(attributes / "vectors.parquet") if variant.encodes else None, notes,
        records.read_record("train", name))


def figures(variants: list[Variant], called: dict[str, str], mosaic_of: str) -> list[FigureEntry]:
    """Figures 3 and 4 of all variants, 5 to 7 of each that has them, title after title, and 8."""
    found = [
        FigureEntry(FIGURES / "samples.png", "Samples", "Figure 3 of the first paper",
                    "Decoded from the same z ~ N(0, I); “mixture”: z from a mixture of Gaussians fitted to the latent "
                    "vectors of training images (Ghosh et al. 2020).", alt="Faces decoded from random z by each model"),
        FigureEntry(FIGURES / "reconstructions.png", "Reconstructions", "Figure 4 of the first paper",
                    "Test faces in the first row, below them their reconstructions from the posterior mean.",
                    alt="Test faces, and below them each model's reconstructions"),
    ]
    for file, title, paper, caption in PER_VARIANT:
        paths = {called[v.name]: FIGURES / v.name / file for v in variants}
        found += [FigureEntry(path, title, paper, caption, of=label) for label, path in paths.items() if path.is_file()]
    found.append(FigureEntry(FIGURES / "mosaic.jpg", "Faces by latent vector", "Figure 8 of the first paper",
                             f"Faces, laid out so that those with similar latent vectors of {mosaic_of} are "
                             "neighbours (t-SNE).", alt="A square of faces, similar ones side by side"))
    return found


if __name__ == "__main__":
    with one_sentence():
        main()
