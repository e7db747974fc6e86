"""Score one variant: SVMs, reconstructions, the posterior, attribute vectors: python -m stages.evaluate VARIANT.

An SVM per attribute is fitted on each set of views. Without attributes, only reconstructions and posterior are scored.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import messages, paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, read_plan, read_variant
from pipeline.config.variant import Variant
from pipeline.files.atomic import write_text
from pipeline.files.json_file import write_json
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record

if TYPE_CHECKING:
    from pipeline.evaluation.svm_file import NamedSVMs
    from pipeline.latent_space.latents import Latents
    from pipeline.models.interface import Model

ALIGNED = "aligned"  # the view of which models are trained


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, output = read_variant(name), paths.EVALUATION / name
    code.refuse_unplanned_code("evaluate", [variant])
    output.mkdir(parents=True, exist_ok=True)
    metrics: dict[str, Any] = {"svm": {}, "reconstruction": None}
    if variant.encodes:
        plan = read_plan(EvaluatePlan)
        model, latents = load(variant)
        reconstruction = score_reconstructions(model, plan)  # first: it checks the file that evaluate.lpips names
        averages, svms = score_latents(variant, plan, latents)
        metrics = {"svm": averages, "reconstruction": reconstruction,
                   "preservation": score_preservation(name, model, latents, svms),
                   "posterior": score_posterior(name, plan, latents),
                   **score_attribute_vectors(name, plan, model, latents, svms)}
        print(messages.evaluated(variant.label, output, metrics))
        print(messages.flips(output, metrics["flips"]) if averages else
              f"{output}: the data set has no attributes, so neither SVMs nor attribute vectors are scored")
    else:
        print(f"{output}: {variant.label} has no encoder, so neither latents nor reconstructions to score")
    write_json(paths.metrics("evaluate", name), metrics)
    write_record("evaluate", name)


def load(variant: Variant) -> tuple["Model", "Latents"]:
    """Return the trained model, on a GPU if there is one, and the latents of the view aligned."""
    from pipeline.hardware.gpu import best_device
    from pipeline.latent_space.latents import read_latents
    from pipeline.models.weights_file import load_model

    latents = read_latents(paths.latents(variant.name, ALIGNED))
    return load_model(paths.weights(variant.name), variant, best_device()), latents


def score_latents(variant: Variant, plan: EvaluatePlan, latents: "Latents"
                  ) -> tuple[dict[str, dict[str, float]], "NamedSVMs"]:
    """Write the SVMs on each set of views, and their scores.

    Args:
        variant: one with an encoder.
        plan: how it is evaluated.
        latents: of the view aligned.

    Returns:
        Set → `svm.averages`, of no set without attributes; and the SVMs on the view aligned alone.
    """
    from pipeline.data import by_id
    from pipeline.evaluation import svm, svm_notes
    from pipeline.evaluation.features import load_features, with_view_alone
    from pipeline.evaluation.svm_file import NamedSVMs, write_svms

    view_sets, of_aligned = with_view_alone(plan.view_sets, ALIGNED)
    features = load_features([variant.name], sorted({view for views in view_sets.values() for view in views}),
                             known={(variant.name, ALIGNED): latents})
    attributes = by_id.attributes_of(paths.SHARDS, features.image_ids)
    sets = {view_set: features.of([variant.name], views) for view_set, views in view_sets.items()}
    with parallel_map(load_params().cluster) as spread:
        scores = svm.evaluate_sets(features.x, sets, attributes, features.splits, plan.svm_c, f"{variant.label}, SVMs",
                                   spread)
    of_variant = paths.EVALUATION / variant.name
    for view_set in plan.view_sets:
        evaluated = scores[view_set]
        write_text(paths.svm_table(of_variant, view_set), evaluated.rows.to_csv(index=False))
        write_svms(paths.svm_weights(of_variant, view_set), attributes.names, evaluated.svms)
        if note := svm_notes.convergence(evaluated.rows):
            print(f"note: {variant.label}, {view_set}: {note}")
    judges = NamedSVMs(attributes.names, scores[of_aligned].svms)
    if not attributes.names:
        return {}, judges
    averages = {view_set: svm.averages(scores[view_set].rows) for view_set in plan.view_sets}
    if note := svm_notes.at_the_edge({name: of_set["C"] for name, of_set in averages.items()}, plan.svm_c,
                                     "evaluate.svm_c"):
        print(f"note: {variant.label}: {note}")
    return averages, judges


def score_reconstructions(model: "Model", plan: EvaluatePlan) -> dict[str, Any]:
    """Return the `reconstruction_quality` of the test images."""
    from pipeline.data import shards
    from pipeline.evaluation.lpips import lpips_distance
    from pipeline.evaluation.reconstruction import reconstruction_quality
    from pipeline.hardware.gpu import best_device
    from pipeline.losses.reconstruction.feature import feature_loss

    device = best_device()
    distance = feature_loss(paths.LOSS_NETWORK, plan.feature_layers, plan.reference_rms, "evaluate.feature_layers")
    lpips = lpips_distance(Path(plan.lpips), device) if plan.lpips else None
    pixels = (pixels for _, pixels in shards.batches(paths.SHARDS, ALIGNED, "test", 128))
    return reconstruction_quality(model, distance.to(device).total_distance, pixels, lpips)


def score_preservation(name: str, model: "Model", latents: "Latents", judges: "NamedSVMs") -> dict[str, Any]:
    """Write how well reconstructions of the test images keep each attribute.

    Args:
        name: of the variant.
        model: the trained variant.
        latents: of the view aligned.
        judges: the SVMs on the view aligned, fitted to the training and validation images.

    Returns:
        `preservation_averages`; empty without attributes.
    """
    from pipeline.evaluation import preservation

    faces = latents.of("test").mu
    again = preservation.encode_reconstructions(model, faces) if judges.names else faces
    rows = preservation.attribute_preservation(judges.names, judges.svms.decide, faces, again)
    write_text(paths.preservation_table(name), rows.to_csv(index=False))
    return preservation.preservation_averages(rows) if judges.names else {}


def score_posterior(name: str, plan: EvaluatePlan, latents: "Latents") -> dict[str, float | int]:
    """Write the posterior of each latent dimension of a variant; return the numbers of `posterior_health`."""
    from pipeline.evaluation.posterior import judged_by, posterior_health

    split = judged_by(latents)
    judged = latents.of(split)
    health = posterior_health(judged.mu, judged.logvar, plan.seed, split)
    write_text(paths.posterior_table(name), health.dimensions.to_csv(index=False))
    return health.numbers


def score_attribute_vectors(name: str, plan: EvaluatePlan, model: "Model", latents: "Latents", judges: "NamedSVMs"
                            ) -> dict[str, Any]:
    """Write what the attribute vectors do to the SVMs' answers on test faces.

    Args:
        name: of a variant with an encoder.
        plan: how it is evaluated.
        model: the trained variant.
        latents: of the view aligned.
        judges: the SVMs on the view aligned, fitted to the training and validation images.

    Returns:
        flips, the `flips.averages`; and vector_correlation, its `agreement` with that of the labels. Both are empty
        without attributes.
    """
    import pandas as pd

    from pipeline.evaluation import flips
    from pipeline.latent_space.attribute_correlation import agreement
    from pipeline.latent_space.attribute_vectors import read_attribute_vectors
    from pipeline.latent_space.encoding import encode
    from pipeline.models.numpy_functions import decode_function

    names, svms = judges
    vectors = read_attribute_vectors(paths.attribute_vectors(name)).vectors
    measured = flips.measure_flips(names, latents.of("test").mu, vectors, svms, plan.decoded_faces,
                                   decode_function(model), lambda pixels: encode(model, pixels)[0])
    write_text(paths.flips(name), measured.table.to_csv(index=False))
    entanglement = pd.DataFrame(measured.entanglement, names, names)
    write_text(paths.entanglement(name), entanglement.to_csv(index_label="attribute"))
    if not names:
        return {"flips": {}, "vector_correlation": {}}
    correlations = [pd.read_csv(path, index_col="attribute").to_numpy()
                    for path in (paths.attribute_correlation(name), paths.label_correlation(name))]
    return {"flips": flips.averages(measured), "vector_correlation": agreement(*correlations)}


if __name__ == "__main__":
    with whole_process():
        main(sys.argv[1])
