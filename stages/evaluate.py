"""Score one variant: 40 SVMs on each view's latents, and its reconstructions: python -m stages.evaluate VARIANT"""

import os
import sys
from pathlib import Path

import joblib

from pipeline import latents, tracking
from pipeline.config import EvaluatePlan, load_params, read_section, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation import svm
from pipeline.evaluation.reconstruction import reconstruction_quality
from pipeline.json_file import write_json
from pipeline.losses import loss_network
from pipeline.models.trained import device, load_vae

TRAINING = ("train", "valid")  # "20,000 images … are selected for testing and the rest for training", section 4.3.5


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    plan = read_section(EvaluatePlan, "plan/pipeline/evaluate.json")
    params = load_params()
    output = Path("evaluation") / name
    output.mkdir(parents=True, exist_ok=True)

    _, _, train_y = shards.load_attributes("data/shards", TRAINING)
    _, _, test_y = shards.load_attributes("data/shards", ["test"])
    metrics: dict = {"svm": {}}
    with joblib.parallel_config(n_jobs=params.cluster.processes or os.cpu_count()):
        for view in shards.manifest("data/shards")["views"]:
            path = Path("latents") / name / f"{view}.parquet"
            rows = svm.evaluate(latents.read(path, TRAINING).mu, train_y, latents.read(path, ["test"]).mu, test_y,
                                plan.svm_c, progress=f"{variant.label}, {view} view")
            rows.to_csv(output / f"svm_{view}.csv", index=False)
            metrics["svm"][view] = svm.averages(rows)

    to = device()
    features = loss_network.feature_loss(Path("models/loss_network.safetensors"), plan.feature_layers,
                                         plan.reference_rms).to(to)
    vae = load_vae(Path("models") / name / "vae.safetensors", variant, to)
    pixels = (pixels for _, pixels in shards.batches("data/shards", "aligned", "test", 128))
    metrics["reconstruction"] = reconstruction_quality(vae, features.total_distance, pixels)
    write_json(Path("metrics/evaluate") / f"{name}.json", metrics)

    flat = {f"svm/{view}/{key}": value for view, scores in metrics["svm"].items() for key, value in scores.items()}
    flat |= {f"reconstruction/{key}": value for key, value in metrics["reconstruction"].items()}
    tracking.add_to_run(params.tracking, Path("models") / name / "mlflow_run.json", variant, flat,
                        sorted(output.glob("*.csv")), "evaluation")
    accuracies = ", ".join(f"{view} {scores['accuracy']:.1%}" for view, scores in metrics["svm"].items())
    quality = metrics["reconstruction"]
    print(f"{output}: SVM accuracy of {variant.label}: {accuracies} (majority class "
          f"{metrics['svm']['aligned']['majority']:.1%}); PSNR {quality['psnr']:.2f} dB, SSIM {quality['ssim']:.3f}, "
          f"feature distance {quality['feature_distance']:.0f}, over {quality['images']} test images")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
