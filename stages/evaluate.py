"""Score one variant: SVMs, reconstructions, the posterior, attribute vectors: python -m stages.evaluate VARIANT.

The 40 SVMs are fitted on each set of views.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import messages, paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, read_plan, read_variant
from pipeline.config.variant import Variant
from pipeline.errors import exit_on_input_error
from pipeline.files.json_file import write_json
from pipeline.plan import code
from pipeline.workspace.records import write_record

if TYPE_CHECKING:
    from pipeline.evaluation.linear_svm import LinearSVMs

ALIGNED = "aligned"  # the view of which models are trained
ALIGNED_ALONE = ""  # a set of views that is scored where no other has this view alone; it has no file


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, output = read_variant(name), paths.EVALUATION / name
    code.refuse_unplanned_code("evaluate", [variant])
    output.mkdir(parents=True, exist_ok=True)
    metrics: dict[str, Any] = {"svm": {}, "reconstruction": None}
    if variant.encodes:
        plan = read_plan(EvaluatePlan)
        reconstruction = score_reconstructions(variant, plan)  # first: it checks the file that evaluate.lpips names
        averages, svms = score_latents(variant, plan)
        metrics = {"svm": averages, "reconstruction": reconstruction,
                   "preservation": score_preservation(variant, svms), "posterior": score_posterior(variant, plan),
                   **score_attribute_vectors(variant, plan, svms)}
        print(messages.evaluated(variant.label, output, metrics))
        print(messages.flips(output, metrics["flips"]))
    else:
        print(f"{output}: {variant.label} has no encoder, so neither latents nor reconstructions to score")
    write_json(paths.metrics("evaluate", name), metrics)
    write_record("evaluate", name)


def score_latents(variant: Variant, plan: EvaluatePlan) -> tuple[dict[str, dict[str, float]], "LinearSVMs"]:
    """Write the SVMs on each set of views, and their scores.

    Returns:
        Set → `svm.averages`, and the SVMs on the view aligned alone.
    """
    from pipeline.data import by_id
    from pipeline.evaluation import svm, svm_notes
    from pipeline.evaluation.features import load_features
    from pipeline.evaluation.svm_file import write_svms

    of_aligned = next((name for name, views in plan.view_sets.items() if views == [ALIGNED]), ALIGNED_ALONE)
    view_sets = {**plan.view_sets, of_aligned: [ALIGNED]}
    features = load_features([variant.name], sorted({view for views in view_sets.values() for view in views}))
    attributes = by_id.attributes_of(paths.SHARDS, features.image_ids)
    sets = {view_set: features.of([variant.name], views) for view_set, views in view_sets.items()}
    with parallel_map(load_params().cluster) as spread:
        scores = svm.evaluate_sets(features.x, sets, attributes, features.splits, plan.svm_c, f"{variant.label}, SVMs",
                                   spread)
    of_variant = paths.EVALUATION / variant.name
    for view_set in plan.view_sets:
        evaluated = scores[view_set]
        evaluated.rows.to_csv(paths.svm_table(of_variant, view_set), index=False)
        write_svms(paths.svm_weights(of_variant, view_set), evaluated.svms)
        if note := svm_notes.convergence(evaluated.rows):
            print(f"note: {variant.label}, {view_set}: {note}")
    return {view_set: svm.averages(scores[view_set].rows) for view_set in plan.view_sets}, scores[of_aligned].svms


def score_reconstructions(variant: Variant, plan: EvaluatePlan) -> dict[str, Any]:
    """Return the `reconstruction_quality` of the test images."""
    from pipeline.data import shards
    from pipeline.evaluation.lpips import lpips_distance
    from pipeline.evaluation.reconstruction import reconstruction_quality
    from pipeline.hardware.gpu import best_device
    from pipeline.losses.reconstruction.feature import feature_loss
    from pipeline.models.weights_file import load_model

    device = best_device()
    distance = feature_loss(paths.LOSS_NETWORK, plan.feature_layers, plan.reference_rms, "evaluate.feature_layers")
    lpips = lpips_distance(Path(plan.lpips), device) if plan.lpips else None
    model = load_model(paths.weights(variant.name), variant, device)
    pixels = (pixels for _, pixels in shards.batches(paths.SHARDS, ALIGNED, "test", 128))
    return reconstruction_quality(model, distance.to(device).total_distance, pixels, lpips)


def score_preservation(variant: Variant, svms: "LinearSVMs") -> dict[str, Any]:
    """Write how well reconstructions of the test images keep each attribute; return `preservation_averages`.

    Args:
        variant: the trained variant.
        svms: on the view aligned, fitted to the training and validation images.
    """
    from pipeline.evaluation import preservation
    from pipeline.latent_space.latents import read_latents
    from pipeline.models.weights_file import load_model

    test = read_latents(paths.latents(variant.name, ALIGNED), ["test"])
    again = preservation.encode_reconstructions(load_model(paths.weights(variant.name), variant), test.mu)
    rows = preservation.attribute_preservation(svms.decide, test.mu, again)
    rows.to_csv(paths.preservation_table(variant.name), index=False)
    return preservation.preservation_averages(rows)


def score_posterior(variant: Variant, plan: EvaluatePlan) -> dict[str, float | int]:
    """Write the posterior of each latent dimension; return the numbers of `posterior_health`.

    They are of the validation images, or of the training images where there are fewer than two of those.
    """
    from pipeline.evaluation.posterior import posterior_health
    from pipeline.latent_space.latents import read_latents

    latents = read_latents(paths.latents(variant.name, ALIGNED), ["valid"])
    if len(latents.mu) < 2:
        latents = read_latents(paths.latents(variant.name, ALIGNED), ["train"])
    health = posterior_health(latents.mu, latents.logvar, plan.seed)
    health.dimensions.to_csv(paths.posterior_table(variant.name), index=False)
    return health.numbers


def score_attribute_vectors(variant: Variant, plan: EvaluatePlan, svms: "LinearSVMs") -> dict[str, Any]:
    """Write what the attribute vectors do to the SVMs' answers on test faces.

    Args:
        variant: one with an encoder.
        plan: how it is evaluated.
        svms: on the view aligned, fitted to the training and validation images.

    Returns:
        flips, the `flips.averages`; and vector_correlation, its `agreement` with that of the labels.
    """
    import pandas as pd

    from pipeline.evaluation import flips
    from pipeline.latent_space.attribute_correlation import agreement
    from pipeline.latent_space.attribute_vectors import read_attribute_vectors
    from pipeline.latent_space.encoding import encode
    from pipeline.latent_space.latents import read_latents
    from pipeline.models.numpy_functions import decode_function
    from pipeline.models.weights_file import load_model
    from pipeline.vocabulary import ATTRIBUTES

    z = read_latents(paths.latents(variant.name, ALIGNED), ["test"]).mu
    vectors = read_attribute_vectors(paths.attribute_vectors(variant.name)).vectors
    model = load_model(paths.weights(variant.name), variant)
    measured = flips.measure_flips(z, vectors, svms, plan.decoded_faces, decode_function(model),
                                   lambda pixels: encode(model, pixels)[0])
    measured.table.to_csv(paths.flips(variant.name), index=False)
    pd.DataFrame(measured.entanglement, ATTRIBUTES, ATTRIBUTES).to_csv(paths.entanglement(variant.name),
                                                                       index_label="attribute")
    correlations = [pd.read_csv(path, index_col="attribute").to_numpy()
                    for path in (paths.attribute_correlation(variant.name), paths.label_correlation(variant.name))]
    return {"flips": flips.averages(measured), "vector_correlation": agreement(*correlations)}


if __name__ == "__main__":
    with exit_on_input_error():
        main(sys.argv[1])
