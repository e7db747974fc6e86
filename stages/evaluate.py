"""Score one variant: its SVMs, its reconstructions, its attribute vectors: python -m stages.evaluate VARIANT.

The 40 SVMs are fitted on each set of views.
"""

import sys
from collections.abc import Mapping
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
    from pipeline.evaluation.features import Features
    from pipeline.evaluation.linear_svm import LinearSVMs


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, output = read_variant(name), paths.EVALUATION / name
    code.refuse_unplanned_code("evaluate", [variant])
    output.mkdir(parents=True, exist_ok=True)
    metrics: dict[str, Any] = {"svm": {}, "reconstruction": None}
    if variant.encodes:
        plan = read_plan(EvaluatePlan)
        metrics = {"svm": score_latents(variant, plan), "reconstruction": score_reconstructions(variant, plan)}
        metrics |= score_attribute_vectors(variant, plan, metrics["svm"])
        print(messages.evaluated(variant.label, output, metrics))
        print(messages.flips(output, metrics["flips"]))
    else:
        print(f"{output}: {variant.label} has no encoder, so neither latents nor reconstructions to score")
    write_json(paths.metrics("evaluate", name), metrics)
    write_record("evaluate", name)


def score_latents(variant: Variant, plan: EvaluatePlan) -> dict[str, dict[str, float]]:
    """Write the scores of the SVMs on each set of views; return set → `svm.averages`."""
    from pipeline.data import by_id
    from pipeline.evaluation import svm
    from pipeline.evaluation.features import load_features

    features = load_features([variant.name], sorted({view for views in plan.view_sets.values() for view in views}))
    attributes = by_id.attributes_of(paths.SHARDS, features.image_ids)
    sets = {view_set: features.of([variant.name], views) for view_set, views in plan.view_sets.items()}
    with parallel_map(load_params().cluster) as spread:
        scores = svm.evaluate_sets(features.x, sets, attributes, features.splits, plan.svm_c, f"{variant.label}, SVMs",
                                   spread)
    for view_set, rows in scores.items():
        rows.to_csv(paths.svm_table(paths.EVALUATION / variant.name, view_set), index=False)
    return {view_set: svm.averages(rows) for view_set, rows in scores.items()}


def score_reconstructions(variant: Variant, plan: EvaluatePlan) -> dict[str, Any]:
    """Return the `reconstruction_quality` of the test images."""
    from pipeline.data import shards
    from pipeline.evaluation.reconstruction import reconstruction_quality
    from pipeline.hardware.gpu import best_device
    from pipeline.losses.reconstruction.feature import feature_loss
    from pipeline.models.weights_file import load_model

    device = best_device()
    distance = feature_loss(paths.LOSS_NETWORK, plan.feature_layers, plan.reference_rms, "evaluate.feature_layers")
    model = load_model(paths.weights(variant.name), variant, device)
    pixels = (pixels for _, pixels in shards.batches(paths.SHARDS, "aligned", "test", 128))
    return reconstruction_quality(model, distance.to(device).total_distance, pixels)


def score_attribute_vectors(variant: Variant, plan: EvaluatePlan, scores: Mapping[str, Mapping[str, float]]
                            ) -> dict[str, Any]:
    """Write what the attribute vectors do to the SVMs' answers on test faces.

    Args:
        variant: one with an encoder.
        plan: how it is evaluated.
        scores: what `score_latents` returned.

    Returns:
        flips, the `flips.averages`; and vector_correlation, its `agreement` with that of the labels.
    """
    import pandas as pd

    from pipeline.evaluation import flips
    from pipeline.evaluation.features import load_features
    from pipeline.latent_space.attribute_correlation import agreement
    from pipeline.latent_space.attribute_vectors import read_attribute_vectors
    from pipeline.latent_space.encoding import encode
    from pipeline.models.numpy_functions import decode_function
    from pipeline.models.weights_file import load_model
    from pipeline.vocabulary import ATTRIBUTES

    features = load_features([variant.name], ["aligned"])
    svms = aligned_svms(features, plan, scores)
    vectors = read_attribute_vectors(paths.attribute_vectors(variant.name)).vectors
    model = load_model(paths.weights(variant.name), variant)
    found = flips.measure_flips(features.x[features.splits == "test"], vectors, svms, plan.decoded_faces,
                                decode_function(model), lambda pixels: encode(model, pixels)[0])
    found.table.to_csv(paths.flips(variant.name), index=False)
    pd.DataFrame(found.entanglement, ATTRIBUTES, ATTRIBUTES).to_csv(paths.entanglement(variant.name),
                                                                    index_label="attribute")
    correlations = [pd.read_csv(path, index_col="attribute").to_numpy()
                    for path in (paths.attribute_correlation(variant.name), paths.label_correlation(variant.name))]
    return {"flips": flips.averages(found), "vector_correlation": agreement(*correlations)}


def aligned_svms(features: "Features", plan: EvaluatePlan, scores: Mapping[str, Mapping[str, float]]) -> "LinearSVMs":
    """Return the 40 SVMs on the latents of the view aligned, fitted on the training and validation images.

    Their C is that of the set that holds this view alone, or is chosen on the validation images where there is none.

    Args:
        features: the latents of this view.
        plan: how the variant is evaluated.
        scores: what `score_latents` returned.
    """
    from pipeline.data import by_id
    from pipeline.evaluation import linear_svm, svm

    labels = by_id.attributes_of(paths.SHARDS, features.image_ids)
    same = [name for name, views in plan.view_sets.items() if views == ["aligned"]]
    C = (scores[same[0]]["C"] if same
         else svm.evaluate(features.x, labels, features.splits, plan.svm_c)["C"].iloc[0])
    fitted = features.splits != "test"
    return linear_svm.fit_standardised(features.x[fitted], labels[fitted], C).svms


if __name__ == "__main__":
    with exit_on_input_error():
        main(sys.argv[1])
