"""Train one variant: python -m stages.train VARIANT"""

import sys
from pathlib import Path

import pandas as pd

from pipeline import tracking
from pipeline.config import load_params, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.figures.samples import samples
from pipeline.figures.training_curves import training_curves
from pipeline.json_file import write_json
from pipeline.losses import loss_network
from pipeline.models.trained import decoder_of, load_model, save_weights
from pipeline.sampling import prior
from pipeline.training import checkpoints, ray_train
from pipeline.training.loop import terms_of
from pipeline.training.summary import summary, warnings
from pipeline.workspace import lasting


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    params = load_params()
    data, network = Path("data/shards").resolve(), Path("models/loss_network.safetensors").resolve()
    feature = variant.loss.reconstruction == "feature"
    hashes = {"data_sha256": shards.manifest(data)["sha256"]}
    if feature:
        hashes["loss_network_sha256"] = loss_network.sha256(network)

    run_directory = checkpoints.folder(Path(lasting(params.cluster.storage)), name, variant.model_dump_json(),
                                       *hashes.values())
    begun = run_directory / "mlflow_run.json"
    tags = {**hashes, "variant": name, "label": variant.label,
            "loss_network": loss_network.source_of(network) if feature else "none"}
    run_id = tracking.start_run(params.tracking, variant, tags, begun)
    job = ray_train.Job(variant, data, network, run_directory, params.cluster.checkpoint_steps,
                        tracking.step_logger(params.tracking, run_id), tracking.epoch_logger(params.tracking, run_id))
    with tracking.ended_as_it_ends(params.tracking, run_id):
        weights, history = ray_train.fit(job, params.cluster)

        folder = Path("models") / name
        save_weights(folder / "model.safetensors", weights, variant)
        tracking.write_run(folder / "mlflow_run.json", run_id)
        training = Path("training") / name
        training.mkdir(parents=True, exist_ok=True)
        figures = Path("figures") / name / "training"
        pd.DataFrame(history.steps).to_csv(training / "steps.csv", index=False)
        epochs = pd.DataFrame(history.epochs)
        epochs.to_csv(training / "epochs.csv", index=False)
        training_curves(figures / "curves.png", epochs, variant.label, latent_dim=variant.model.latent_dim,
                        terms=terms_of(history.steps[0]))

        model = load_model(folder / "model.safetensors", variant)
        samples(figures / "samples.png", {variant.label: decoder_of(model)},
                prior(40, variant.model.latent_dim, variant.seed))
        metrics = summary(history)
        found = warnings(metrics, variant)
        write_json(training / "warnings.json", found)
        write_json(Path("metrics/train") / f"{name}.json", metrics)

        tracking.add_to_run(params.tracking, folder / "mlflow_run.json", variant,
                            {f"train/{key}": value for key, value in metrics.items()},
                            {"figures": [figures / "curves.png", figures / "samples.png"]})
        tracking.log_model(params.tracking, run_id, model, variant.encodes)
    checkpoints.remove(run_directory)
    for warning in found:
        print(f"warning: {warning}")
    said = [f"loss {metrics['loss']:.4g}"]
    if variant.encodes:
        said += [f"KL {metrics['kl']:.1f} nats",
                 f"{metrics['active_units']} of {variant.model.latent_dim} units active"]
    if "wasserstein" in metrics:
        said += [f"Wasserstein estimate {metrics['wasserstein']:.3g}"]
    print(f"{folder}/model.safetensors: {variant.label}, {', '.join(said)}, "
          f"{metrics['images_per_second']:.0f} images/s; MLflow run {run_id}")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
