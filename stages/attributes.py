"""Attribute vectors of one variant, their correlation, Figures 5 to 7, and the second paper's six attributes:
python -m stages.attributes VARIANT
"""

import sys
from pathlib import Path

from pipeline.config import AttributesPlan, Variant, read_section, read_variant
from pipeline.errors import one_sentence
from pipeline.json_file import write_json


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    output, figures = Path("attributes") / name, Path("figures") / name / "latent_space"
    output.mkdir(parents=True, exist_ok=True)
    figures.mkdir(parents=True, exist_ok=True)
    if variant.encodes:
        draw(variant, output, figures)
    else:
        write_json(output / "notes.json", [])
        print(f"{output}: {variant.label} has no encoder, so no attribute vectors")


def draw(variant: Variant, output: Path, figures: Path) -> None:
    import pandas as pd

    from pipeline import latents
    from pipeline.attribute_vectors import attribute_vectors, correlation
    from pipeline.data import shards
    from pipeline.figures.attribute_arithmetic import MANIPULATION_ROWS, attribute_arithmetic
    from pipeline.figures.correlation import correlation as draw_correlation
    from pipeline.figures.interpolation import interpolation
    from pipeline.models.trained import decoder_of, load_model

    plan = read_section(AttributesPlan, "plan/pipeline/attributes.json")
    encoded = Path("latents") / variant.name / "aligned.parquet"
    train = latents.read(encoded, ["train", "valid"])
    _, _, known = shards.load_attributes("data/shards", ["train", "valid"])
    vectors = attribute_vectors(train.mu, known, plan.per_class, plan.seed)
    vectors.write(output / "vectors.parquet")
    matrix = correlation(vectors, plan.correlation)
    pd.DataFrame(matrix, plan.correlation, plan.correlation).to_csv(output / "correlation.csv", index_label="attribute")

    test = latents.read(encoded, ["test"])
    _, _, shown = shards.load_attributes("data/shards", ["test"])
    decode = decoder_of(load_model(Path("models") / variant.name / "model.safetensors", variant))
    notes = interpolation(figures / "interpolation.png", test.mu, shown, decode, plan.seed)
    notes += attribute_arithmetic(figures / "attribute_arithmetic.png", test.mu, shown, vectors, decode, plan.seed)
    notes += attribute_arithmetic(figures / "manipulation.png", test.mu, shown, vectors, decode, plan.seed,
                                  changes=MANIPULATION_ROWS)
    draw_correlation(figures / "correlation.png", matrix, plan.correlation)
    fewer = [f"{attribute}: {positives} with, {negatives} without, instead of {plan.per_class}"
             for attribute, positives, negatives in vectors.counts() if min(positives, negatives) < plan.per_class]
    if fewer:
        notes.append(f"{len(fewer)} of 40 attribute vectors come from fewer images than attributes.per_class: "
                     + "; ".join(fewer))
    write_json(output / "notes.json", notes)

    print(f"{output}: 40 attribute vectors of {variant.label} from {len(train.mu)} images, "
          f"{len(fewer)} of them from fewer than {plan.per_class} of each kind; "
          f"Figures 5, 6 and 7 and six manipulations in {figures}")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
