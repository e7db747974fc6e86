"""Attribute vectors of one variant, their correlation, and Figures 5 to 7: python -m stages.attributes VARIANT"""

import sys
from pathlib import Path

import pandas as pd
import torch

from pipeline import latents, tracking
from pipeline.attribute_vectors import attribute_vectors, correlation
from pipeline.config import AttributesPlan, load_params, read_section, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.figures.attribute_arithmetic import attribute_arithmetic
from pipeline.figures.correlation import correlation as draw_correlation
from pipeline.figures.interpolation import interpolation
from pipeline.json_file import write_json
from pipeline.models.trained import decoder_of, load_vae


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    plan = read_section(AttributesPlan, "plan/pipeline/attributes.json")
    output = Path("attributes") / name
    output.mkdir(parents=True, exist_ok=True)
    figures = Path("figures") / name / "latent_space"

    train = latents.read(Path("latents") / name / "aligned.parquet", ["train", "valid"])
    _, _, known = shards.load_attributes("data/shards", ["train", "valid"])
    vectors = attribute_vectors(train.mu, known, plan.per_class, plan.seed)
    vectors.write(output / "vectors.parquet")
    matrix = correlation(vectors, plan.correlation)
    pd.DataFrame(matrix, plan.correlation, plan.correlation).to_csv(output / "correlation.csv", index_label="attribute")

    test = latents.read(Path("latents") / name / "aligned.parquet", ["test"])
    _, _, shown = shards.load_attributes("data/shards", ["test"])
    decode = decoder_of(load_vae(Path("models") / name / "vae.safetensors", variant))
    notes = interpolation(figures / "interpolation.png", test.mu, shown, decode, plan.seed)
    notes += attribute_arithmetic(figures / "attribute_arithmetic.png", test.mu, shown, vectors, decode, plan.seed)
    draw_correlation(figures / "correlation.png", matrix, plan.correlation)
    fewer = [f"{attribute}: {positives} with, {negatives} without, instead of {plan.per_class}"
             for attribute, positives, negatives in vectors.counts() if min(positives, negatives) < plan.per_class]
    if fewer:
        notes.append(f"{len(fewer)} of 40 attribute vectors come from fewer images than attributes.per_class: "
                     + "; ".join(fewer))
    write_json(output / "notes.json", notes)

    params = load_params()
    tracking.add_to_run(params.tracking, Path("models") / name / "mlflow_run.json", variant,
                        artifacts=sorted(figures.glob("*.png")) + [output / "correlation.csv"], folder="attributes")
    print(f"{output}: 40 attribute vectors of {variant.label} from {len(train.mu)} images, "
          f"{len(fewer)} of them from fewer than {plan.per_class} of each kind; Figures 5, 6 and 7 in {figures}")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
