"""Train one variant: python -m stages.train VARIANT"""

import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from torch import nn

from pipeline import tracking
from pipeline.cluster import address
from pipeline.config import Tracking, Variant, load_params, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.figures.samples import samples
from pipeline.figures.training_curves import training_curves
from pipeline.json_file import write_json
from pipeline.losses import loss_network
from pipeline.models.trained import decoder_of, load_model, save_weights
from pipeline.sampling import prior
from pipeline.storage import Folder
from pipeline.training import checkpoints, ray_train
from pipeline.training.loop import History, terms_of
from pipeline.training.summary import summary, warnings
from pipeline.workspace import lasting, published, recorded, source_code


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    params = load_params()
    cluster, network = params.cluster, Path("models") / ray_train.LOSS_NETWORK
    if address(cluster) and not cluster.workers:
        print(f"cluster.workers is 0: training runs in this process, and not on the cluster at {address(cluster)}",
              file=sys.stderr)
    feature = variant.loss.reconstruction == "feature"
    hashes = {"data_sha256": shards.manifest("data/shards")["sha256"]}
    shards_of_all_nodes = published("data/shards", cluster.storage, f"shards-{hashes['data_sha256'][:16]}",
                                    shards.MANIFEST)
    network_of_all_nodes = Folder("none")  # a pixel loss has none
    if feature:
        hashes["loss_network_sha256"] = loss_network.sha256(network)
        network_of_all_nodes = published(network, cluster.storage,
                                         f"loss_network-{hashes['loss_network_sha256'][:16]}", network.name)
    storage, known = lasting(cluster.storage), recorded(f"train@{name}")
    folder = checkpoints.folder(storage, name, variant.model_dump_json(), *hashes.values(),
                                source_code("losses", "models", "training"))
    checkpoints.begin(storage, folder, name, known)

    tags = {**hashes, "variant": name, "label": variant.label,
            "loss_network": loss_network.source_of(network) if feature else "none"}
    run_id = tracking.start_run(params.tracking, variant, tags, folder)
    live = tracking.live_logger(params.tracking, run_id)
    job = ray_train.Job(variant, shards_of_all_nodes, network_of_all_nodes, folder, cluster.checkpoint_steps,
                        live.on_steps, live.on_epoch, live.close, live.on_start)
    try:
        with tracking.ended_as_it_ends(params.tracking, run_id):
            weights, history = ray_train.fit(job, cluster)
            written = write(variant, weights, history, run_id)
            track(params.tracking, variant, run_id, history, written)
    except (tracking.NoAnswer, tracking.Refused) as error:  # nothing is lost: `track` adds what is missing
        print(f"warning: {error}", file=sys.stderr)
    checkpoints.finish(folder, known)
    for warning in written.warnings:
        print(f"warning: {warning}")
    print(last_line(variant, written, run_id))


class Written(NamedTuple):
    """What training leaves in the working tree, beside tables."""

    model: nn.Module
    metrics: dict[str, float]
    trained: dict[str, str | int]  # see `History`
    warnings: list[str]
    figures: list[Path]


def write(variant: Variant, weights: dict, history: History, run_id: str) -> Written:
    folder, training, figures = (Path(part) / variant.name for part in ("models", "training", "figures"))
    figures /= "training"
    save_weights(folder / "model.safetensors", weights, variant)
    tracking.write_run(folder, run_id)
    training.mkdir(parents=True, exist_ok=True)
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
    write_json(training / "trained.json", history.trained)
    write_json(Path("metrics/train") / f"{variant.name}.json", metrics)
    return Written(model, metrics, history.trained, found, [figures / "curves.png", figures / "samples.png"])


def track(config: Tracking, variant: Variant, run_id: str, history: History, written: Written) -> None:
    """Add to the run what it does not have yet. Raises NoAnswer or Refused."""
    tracking.complete(config, run_id, history.steps, history.epochs)
    tracking.add_to_run(config, Path("models") / variant.name, variant,
                        {f"train/{key}": value for key, value in written.metrics.items()},
                        {"figures": written.figures}, written.trained)
    tracking.log_model(config, run_id, written.model, variant.encodes)


def last_line(variant: Variant, written: Written, run_id: str) -> str:
    metrics = written.metrics
    said = [f"loss {metrics['loss']:.4g}"]
    if variant.encodes:
        said += [f"KL {metrics['valid_kl']:.1f} nats (validation)",
                 f"{metrics['active_units']} of {variant.model.latent_dim} units active"]
    if "wasserstein" in metrics:
        said += [f"Wasserstein estimate {metrics['wasserstein']:.3g}"]
    return (f"models/{variant.name}/model.safetensors: {variant.label}, {', '.join(said)}, "
            f"{metrics['images_per_second']:.0f} images/s in {written.trained['precision']}; MLflow run {run_id}")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
