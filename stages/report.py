"""Lay all variants side by side: Figures 3, 4 and 8, Table 1, and one page with everything."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import attribute_vectors, latents, report, sampling
from pipeline.config import (
    EvaluatePlan,
    LossNetworkPlan,
    MultiViewPlan,
    ReportPlan,
    SamplingPlan,
    Variant,
    labels,
    read_section,
    read_variant,
)
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation import multi_view, table1, vgg_fc
from pipeline.figures.latent_mosaic import latent_mosaic
from pipeline.figures.reconstructions import reconstructions
from pipeline.figures.samples import samples
from pipeline.figures.svm_bars import svm_bars
from pipeline.json_file import read_json
from pipeline.report import FigureEntry

OUTPUT, BASELINES, VIEWS = Path("report"), Path("baselines"), Path("multi_view")

# Of each variant, where there is one: file within figures/<variant>, title, figure of the papers, caption.
PER_VARIANT = (
    ("latent_space/interpolation.png", "Interpolation", "Figure 5 of the first paper",
     "From the left face to the right one: z = (1 − α) z_left + α z_right."),
    ("latent_space/attribute_arithmetic.png", "Attribute arithmetic", "Figure 6 of the first paper",
     "An attribute's vector added to a face or taken from it: z ± α z_attribute."),
    ("latent_space/manipulation.png", "Attribute manipulation", "Figure 5 of the second paper",
     "Six attributes added to a face, z + α z_attribute."),
    ("latent_space/correlation.png", "Correlation of attribute vectors", "Figure 7 of the first paper",
     "Pearson's correlation: 1 where two vectors have the same direction, −1 where the opposite one."),
)


def main() -> None:
    plan = read_section(ReportPlan, "plan/pipeline/report.json")
    network = read_section(LossNetworkPlan, "plan/pipeline/loss_network.json")
    variants = [read_variant(f"plan/{name}.json") for name in plan.variants]
    called = labels(variants)
    OUTPUT.mkdir(exist_ok=True)

    draw_faces(plan, variants, called)
    results = svm_results(variants, called)
    table = table1.table1(results)
    table1.write_csv(table, OUTPUT / "table1.csv")
    table1.write_markdown(table, OUTPUT / "table1.md")
    svm_bars(OUTPUT / "svm.png", results)

    none = BASELINES / "none.json"
    page = report.write_report(OUTPUT, report.Report(
        title="Deep feature consistent VAEs of faces", data=data_facts(),
        loss_network={"source": network.source, "file": network.file, "sha256 of the file": network.sha256},
        variants=[page_variant(variant, called[variant.name]) for variant in variants],
        warnings=[warning for v in variants for warning in read_json(Path("training") / v.name / "warnings.json")],
        figures=figures(variants, called, called[plan.mosaic_variant]),
        curves=[FigureEntry(Path("figures") / v.name / "training/curves.png", "Curves", of=called[v.name],
                            alt="Loss terms and other metrics by epoch") for v in variants],
        table1=table, table1_notes=[read_json(none)["note"].rstrip(".") + "."] if none.is_file() else [],
        table1_figure=FigureEntry(OUTPUT / "svm.png", "Attribute prediction", "",
                                  "Accuracy by attribute, the largest gain over the majority class at the top.",
                                  alt="Accuracy of each model by attribute, beside the majority class"),
        gains=pd.read_csv(VIEWS / "gains.csv"),
        gains_figure=FigureEntry(VIEWS / "gains.png", "What each view adds", "", "The same as a picture.",
                                 alt="Accuracy and balanced accuracy, step by step"),
        frechet_layer=read_section(SamplingPlan, "plan/pipeline/sampling.json").frechet_layer,
        per_class=read_json(Path("plan/pipeline/attributes.json"))["per_class"]))
    best = max((float(rows["accuracy"].mean()), label, view_set) for label, sets in results.items()
               for view_set, rows in sets.items())
    print(f"{page}: {len(variants)} variants; best average SVM accuracy {best[0]:.1%} ({best[1]}, {best[2]})"
          + ("; loss network with random weights" if network.source == "random" else ""))


def draw_faces(plan: ReportPlan, variants: list[Variant], called: dict[str, str]) -> None:
    from pipeline.models.trained import decoder_of, load_model, reconstructor_of

    models = {v.name: load_model(Path("models") / v.name / "model.safetensors", v) for v in variants}
    decoders = {called[v.name]: decoder_of(models[v.name]) for v in variants}
    z = {called[v.name]: sampling.prior(plan.samples, v.model.latent_dim, plan.seed) for v in variants}
    for variant in variants:
        fitted = Path("samples") / variant.name / "mixture.npz"
        if fitted.is_file():
            label = f"{called[variant.name]}, mixture"
            decoders[label] = decoders[called[variant.name]]
            z[label] = sampling.sample(sampling.load(fitted), plan.samples, plan.seed)
    samples(OUTPUT / "samples.png", decoders, z, columns=whole_rows(plan.samples))

    test = shards.load("data/shards", "aligned", "test").pixels
    reconstructions(OUTPUT / "reconstructions.png", test,
                    {called[v.name]: reconstructor_of(models[v.name]) for v in variants if v.encodes},
                    plan.reconstructions, plan.seed)
    splits = ["test"] if len(test) >= plan.mosaic_images else shards.SPLITS  # "from CelebA", section 4.3.4: any will do
    faces = test if splits == ["test"] else np.concatenate(
        [shards.load("data/shards", "aligned", split).pixels for split in splits])
    encoded = latents.read(Path("latents") / plan.mosaic_variant / "aligned.parquet", splits)
    latent_mosaic(OUTPUT / "mosaic.jpg", encoded.mu, faces, plan.mosaic_images, plan.seed)


def whole_rows(count: int) -> int:
    """Columns in which `count` images fill their rows: at most ten where this can be, else one row."""
    columns = max(c for c in range(1, 11) if count % c == 0)
    return columns if columns >= 4 else count


def svm_results(variants: list[Variant], called: dict[str, str]) -> dict[str, dict[str, pd.DataFrame]]:
    """Label → set of views → rows of `svm.evaluate`: the variants that encode, several together, and VGG-FC."""
    view_sets = read_section(EvaluatePlan, "plan/pipeline/evaluate.json").view_sets
    results = {called[v.name]: {view_set: pd.read_csv(Path("evaluation") / v.name / f"svm_{view_set}.csv")
                                for view_set in view_sets} for v in variants if v.encodes}
    several = read_section(MultiViewPlan, "plan/pipeline/multi_view.json")
    combined = multi_view.read_combined(VIEWS)
    if combined:
        results[" + ".join(several.labels[name] for name in several.variants)] = combined
    if (BASELINES / "vgg_fc.csv").is_file():
        results[vgg_fc.LABEL] = {vgg_fc.VIEW: pd.read_csv(BASELINES / "vgg_fc.csv")}
    return results


def data_facts() -> dict[str, object]:
    manifest = shards.manifest("data/shards")
    return {"source": manifest["source"], **{f"{split} images": count for split, count in manifest["images"].items()},
            "image size": manifest["image_size"], "sha256": manifest["sha256"]}


def page_variant(variant: Variant, label: str) -> report.Variant:
    name, attributes, evaluated = variant.name, Path("attributes") / variant.name, Path("metrics/evaluate")
    scores = read_json(evaluated / f"{name}.json")
    notes = [*read_json(attributes / "notes.json"), *read_json(Path("samples") / name / "notes.json")]
    return report.Variant(
        label, name, variant.model_dump(exclude={"name", "label"}), read_json(Path("metrics/train") / f"{name}.json"),
        scores["svm"], scores["reconstruction"], read_json(Path("metrics/samples") / f"{name}.json"),
        attribute_vectors.read(attributes / "vectors.parquet") if variant.encodes else None, notes,
        read_json(Path("training") / name / "trained.json"))


def figures(variants: list[Variant], called: dict[str, str], mosaic_of: str) -> list[FigureEntry]:
    """Figures 3 and 4 of all variants, 5 to 7 of each that has them, title after title, and 8."""
    found = [
        FigureEntry(OUTPUT / "samples.png", "Samples", "Figure 3 of the first paper",
                    "Decoded from the same z ~ N(0, I); “mixture”: z from a mixture of Gaussians fitted to the latent "
                    "vectors of training images (Ghosh et al. 2020).", alt="Faces decoded from random z by each model"),
        FigureEntry(OUTPUT / "reconstructions.png", "Reconstructions", "Figure 4 of the first paper",
                    "Test faces in the first row, below them their reconstructions from the posterior mean.",
                    alt="Test faces, and below them each model's reconstructions"),
    ]
    for file, title, paper, caption in PER_VARIANT:
        paths = {called[v.name]: Path("figures") / v.name / file for v in variants}
        found += [FigureEntry(path, title, paper, caption, of=label) for label, path in paths.items() if path.is_file()]
    found.append(FigureEntry(OUTPUT / "mosaic.jpg", "Faces by latent vector", "Figure 8 of the first paper",
                             f"Faces, laid out so that those with similar latent vectors of {mosaic_of} are "
                             "neighbours (t-SNE).", alt="A square of faces, similar ones side by side"))
    return found


if __name__ == "__main__":
    with one_sentence():
        main()
