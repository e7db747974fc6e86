"""Attribute vectors of one variant, and their correlation: python -m stages.attributes VARIANT"""

import sys
from pathlib import Path

from pipeline.config import AttributesPlan, Variant, read_section, read_variant
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.plan import code
from pipeline.records import write_record


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    code.checked("attributes", [variant])
    output = Path("attributes") / name
    output.mkdir(parents=True, exist_ok=True)
    if variant.encodes:
        compute(variant, output)
    else:
        write_json(output / "notes.json", [])
        print(f"{output}: {variant.label} has no encoder, so no attribute vectors")
    write_record("attributes", name)


def compute(variant: Variant, output: Path) -> None:
    import pandas as pd

    from pipeline import latents
    from pipeline.attribute_vectors import attribute_vectors, correlation
    from pipeline.data import shards

    plan = read_section(AttributesPlan, "plan/pipeline/attributes.json")
    train = latents.read(Path("latents") / variant.name / "aligned.parquet", ["train", "valid"])
    _, _, known = shards.load_attributes("data/shards", ["train", "valid"])
    vectors = attribute_vectors(train.mu, known, plan.per_class, plan.seed)
    vectors.write(output / "vectors.parquet")
    matrix = correlation(vectors, plan.correlation)
    pd.DataFrame(matrix, plan.correlation, plan.correlation).to_csv(output / "correlation.csv", index_label="attribute")
    fewer = [f"{attribute}: {positives} with, {negatives} without, instead of {plan.per_class}"
             for attribute, positives, negatives in vectors.counts() if min(positives, negatives) < plan.per_class]
    notes = [f"{len(fewer)} of 40 attribute vectors come from fewer images than attributes.per_class: "
             + "; ".join(fewer)] if fewer else []
    write_json(output / "notes.json", notes)
    print(f"{output}: 40 attribute vectors of {variant.label} from {len(train.mu)} images, {len(fewer)} of them from "
          f"fewer than {plan.per_class} of each kind")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
