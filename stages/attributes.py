"""Compute attribute vectors of one variant, and their correlations: python -m stages.attributes VARIANT."""

import sys

from pipeline import paths
from pipeline.config.plans import AttributesPlan, read_plan, read_variant
from pipeline.config.variant import Variant
from pipeline.files.atomic import write_text
from pipeline.files.json_file import write_json
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, output = read_variant(name), paths.ATTRIBUTES / name
    code.refuse_unplanned_code("attributes", [variant])
    output.mkdir(parents=True, exist_ok=True)
    if variant.encodes:
        compute(variant)
    else:
        write_json(paths.variant_notes(paths.ATTRIBUTES, name), [])
        print(f"{output}: {variant.label} has no encoder, so no attribute vectors")
    write_record("attributes", name)


def compute(variant: Variant) -> None:
    """Write the vectors, their correlations and those of the labels, and notes on vectors from few images."""
    from pipeline.data import by_id
    from pipeline.latent_space.attribute_correlation import correlated_names, label_correlation, matrix_as_csv
    from pipeline.latent_space.attribute_vectors import (
        compute_attribute_vectors,
        correlation_matrix,
        write_attribute_vectors,
    )
    from pipeline.latent_space.latents import read_latents
    from pipeline.vocabulary import counted

    plan, splits = read_plan(AttributesPlan), ["train", "valid"]
    latents = read_latents(paths.latents(variant.name), splits)
    attributes = by_id.attributes_of(paths.SHARDS, latents.image_ids, splits)
    vectors = compute_attribute_vectors(latents.mu, attributes, plan.per_class, plan.seed)
    write_attribute_vectors(paths.attribute_vectors(variant.name), vectors)
    names, replaced = correlated_names(attributes, plan.correlation)
    for path, matrix in ((paths.attribute_correlation(variant.name), correlation_matrix(vectors, names)),
                         (paths.label_correlation(variant.name), label_correlation(attributes, names))):
        write_text(path, matrix_as_csv(names, matrix))
    write_json(paths.variant_notes(paths.ATTRIBUTES, variant.name), [*vectors.notes(plan.per_class), *replaced])
    if not attributes.names:
        print(f"{paths.ATTRIBUTES / variant.name}: the data set has no attributes, so {variant.label} has no attribute "
              "vectors")
        return
    few, enough = len(vectors.from_few_images(plan.per_class)), counted(plan.per_class, "image")
    print(f"{paths.ATTRIBUTES / variant.name}: {counted(len(attributes.names), 'attribute vector')} of {variant.label} "
          f"from {counted(len(latents.mu), 'image')}, {few} of them from fewer than {enough} with or without the "
          "attribute")


if __name__ == "__main__":
    with whole_process():
        main(sys.argv[1])
