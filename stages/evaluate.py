"""Score one variant: 40 SVMs on each set of views, and its reconstructions: python -m stages.evaluate VARIANT"""

import sys
from pathlib import Path

from pipeline import messages
from pipeline.config import EvaluatePlan, Variant, load_params, read_section, read_variant
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.plan import code
from pipeline.records import write_record


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    code.checked("evaluate", [variant])
    output, metrics_path = Path("evaluation") / name, Path("metrics/evaluate") / f"{name}.json"
    output.mkdir(parents=True, exist_ok=True)
    if variant.encodes:
        score(variant, output, metrics_path)
    else:
        write_json(metrics_path, {"svm": {}, "reconstruction": None})
        print(f"{output}: {variant.label} has no encoder, so neither latents nor reconstructions to score")
    write_record("evaluate", name)


def score(variant: Variant, output: Path, metrics_path: Path) -> None:
    from pipeline.data import shards
    from pipeline.evaluation import svm
    from pipeline.evaluation.features import posterior_means
    from pipeline.evaluation.reconstruction import reconstruction_quality
    from pipeline.losses.reconstruction.feature import feature_loss
    from pipeline.models.gpu import device
    from pipeline.models.trained import load_model

    plan = read_section(EvaluatePlan, "plan/pipeline/evaluate.json")
    _, _, attributes = shards.load_attributes("data/shards")
    metrics: dict = {"svm": {}}
    features = posterior_means([variant.name], sorted({view for views in plan.view_sets.values() for view in views}))
    sets = {view_set: features.of([variant.name], views) for view_set, views in plan.view_sets.items()}
    scored = svm.evaluate_sets(features.x, sets, attributes, features.splits, plan.svm_c, f"{variant.label}, SVMs",
                               load_params().cluster)
    for view_set, rows in scored.items():
        rows.to_csv(output / f"svm_{view_set}.csv", index=False)
        metrics["svm"][view_set] = svm.averages(rows)

    to = device()
    distance = feature_loss(Path("models/loss_network.safetensors"), plan.feature_layers, plan.reference_rms).to(to)
    model = load_model(Path("models") / variant.name / "model.safetensors", variant, to)
    pixels = (pixels for _, pixels in shards.batches("data/shards", "aligned", "test", 128))
    metrics["reconstruction"] = reconstruction_quality(model, distance.total_distance, pixels)
    write_json(metrics_path, metrics)

    print(messages.evaluated(variant.label, output, metrics))


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
