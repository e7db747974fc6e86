"""Score one variant: 40 SVMs on each set of views, and its reconstructions: python -m stages.evaluate VARIANT."""

import sys
from typing import Any

from pipeline import messages, paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, read_plan, read_variant
from pipeline.config.variant import Variant
from pipeline.errors import exit_on_input_error
from pipeline.files.json_file import write_json
from pipeline.plan import code
from pipeline.workspace.records import write_record


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, output = read_variant(name), paths.EVALUATION / name
    code.refuse_unplanned_code("evaluate", [variant])
    output.mkdir(parents=True, exist_ok=True)
    metrics: dict[str, Any] = {"svm": {}, "reconstruction": None}
    if variant.encodes:
        plan = read_plan(EvaluatePlan)
        metrics = {"svm": score_latents(variant, plan), "reconstruction": score_reconstructions(variant, plan)}
        print(messages.evaluated(variant.label, output, metrics))
    else:
        print(f"{output}: {variant.label} has no encoder, so neither latents nor reconstructions to score")
    write_json(paths.metrics("evaluate", name), metrics)
    write_record("evaluate", name)


def score_latents(variant: Variant, plan: EvaluatePlan) -> dict[str, dict[str, float]]:
    """Write the SVMs on each set of views, and their scores; return set → `svm.averages`."""
    from pipeline.data import by_id
    from pipeline.evaluation import svm, svm_notes
    from pipeline.evaluation.features import load_features
    from pipeline.evaluation.svm_file import write_svms

    features = load_features([variant.name], sorted({view for views in plan.view_sets.values() for view in views}))
    attributes = by_id.attributes_of(paths.SHARDS, features.image_ids)
    sets = {view_set: features.of([variant.name], views) for view_set, views in plan.view_sets.items()}
    with parallel_map(load_params().cluster) as spread:
        scores = svm.evaluate_sets(features.x, sets, attributes, features.splits, plan.svm_c, f"{variant.label}, SVMs",
                                   spread)
    for view_set, evaluated in scores.items():
        evaluated.rows.to_csv(paths.svm_table(paths.EVALUATION / variant.name, view_set), index=False)
        write_svms(paths.svm_weights(paths.EVALUATION / variant.name, view_set), evaluated.svms)
        if note := svm_notes.convergence(evaluated.rows):
            print(f"note: {variant.label}, {view_set}: {note}")
    return {view_set: svm.averages(evaluated.rows) for view_set, evaluated in scores.items()}


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


if __name__ == "__main__":
    with exit_on_input_error():
        main(sys.argv[1])
