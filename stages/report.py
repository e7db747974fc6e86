"""Lay all variants side by side: Figures 3 and 4, Table 1, and one page with everything."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import attribute_vectors, report, tracking
from pipeline.config import LossNetworkPlan, ReportPlan, labels, load_params, read_section, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation import table1
from pipeline.figures.reconstructions import reconstructions
from pipeline.figures.samples import prior, samples
from pipeline.figures.svm_bars import svm_bars
from pipeline.json_file import read_json
from pipeline.models.trained import decoder_of, load_vae, reconstructor_of

OUTPUT = Path("report")


def main() -> None:
    plan = read_section(ReportPlan, "plan/pipeline/report.json")
    network = read_section(LossNetworkPlan, "plan/pipeline/loss_network.json")
    variants = [read_variant(f"plan/{name}.json") for name in plan.variants]
    called = labels(variants)
    manifest = shards.manifest("data/shards")
    OUTPUT.mkdir(exist_ok=True)

    vaes = {called[v.name]: load_vae(Path("models") / v.name / "vae.safetensors", v) for v in variants}
    z = {called[v.name]: prior(plan.samples, v.model.latent_dim, plan.seed) for v in variants}
    samples(OUTPUT / "samples.png", {label: decoder_of(vae) for label, vae in vaes.items()}, z, plan.samples // 2)
    test = shards.load("data/shards", "aligned", "test").pixels
    reconstructions(OUTPUT / "reconstructions.png", test, {label: reconstructor_of(vae) for label, vae in vaes.items()},
                    plan.reconstructions, plan.seed)

    results = {called[v.name]: {view: pd.read_csv(Path("evaluation") / v.name / f"svm_{view}.csv")
                                for view in manifest["views"]} for v in variants}
    table = table1.table1(results)
    table1.write_csv(table, OUTPUT / "table1.csv")
    table1.write_markdown(table, OUTPUT / "table1.md")
    svm_bars(OUTPUT / "svm.png", results)

    figures = [
        report.FigureEntry(OUTPUT / "samples.png", "Samples", "Figure 3", "Decoded from the same z ~ N(0, I)."),
        report.FigureEntry(OUTPUT / "reconstructions.png", "Reconstructions", "Figure 4",
                           "Test faces, and their reconstructions from the posterior mean."),
    ]
    warnings = []
    for variant in variants:
        folder, label = Path("figures") / variant.name, called[variant.name]
        drawn = [("latent_space/interpolation.png", "Interpolation", "Figure 5", "z = (1 − α) z_left + α z_right."),
                 ("latent_space/attribute_arithmetic.png", "Attribute arithmetic", "Figure 6", "z ± α z_attribute."),
                 ("latent_space/correlation.png", "Correlation of attribute vectors", "Figure 7", "Pearson's correlation.")]
        figures += [report.FigureEntry(folder / file, f"{title}, {label}", paper, caption)
                    for file, title, paper, caption in drawn if (folder / file).is_file()]
        figures.append(report.FigureEntry(folder / "training/curves.png", f"Training, {label}"))
        warnings += [f"{label}: {note}" for note in read_json(Path("attributes") / variant.name / "notes.json")]
        warnings += read_json(Path("training") / variant.name / "warnings.json")
    figures.append(report.FigureEntry(OUTPUT / "svm.png", "Attribute prediction by attribute"))

    page = report.write_report(OUTPUT, report.Report(
        title="Deep feature consistent VAEs of faces",
        data={"source": manifest["source"], **{f"{split} images": n for split, n in manifest["images"].items()},
              "image size": manifest["image_size"], "sha256": manifest["sha256"]},
        loss_network={"source": network.source, "file": network.file, "sha256 of the file": network.sha256},
        variants=[report.Variant(called[v.name], v.name, v.model_dump(exclude={"name", "label"}),
                                 read_json(Path("metrics/train") / f"{v.name}.json"),
                                 read_json(Path("metrics/evaluate") / f"{v.name}.json")["reconstruction"],
                                 attribute_vectors.read(Path("attributes") / v.name / "vectors.parquet"))
                  for v in variants],
        warnings=warnings, figures=figures, table1=table,
        per_class=read_json(Path("plan/pipeline/attributes.json"))["per_class"]))

    config = load_params().tracking
    for variant in variants:
        tracking.add_to_run(config, Path("models") / variant.name / "mlflow_run.json", variant, artifacts=[
            OUTPUT / "samples.png", OUTPUT / "reconstructions.png", OUTPUT / "table1.md", page], folder="report")
    best = max((float(np.mean(rows["accuracy"])), label, view) for label, views in results.items()
               for view, rows in views.items())
    print(f"{page}: {len(figures)} figures and Table 1; best average accuracy {best[0]:.1%} ({best[1]}, {best[2]} view)"
          + ("; loss network with random weights" if network.source == "random" else ""))


if __name__ == "__main__":
    with one_sentence():
        main()
