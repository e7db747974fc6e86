"""Train one variant: python -m stages.train VARIANT"""

import contextlib
import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from torch import nn

from pipeline import messages
from pipeline.cluster import address
from pipeline.config import Tracking, Variant, load_params, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.losses import network_file
from pipeline.models.trained import example, load_model, save_weights
from pipeline.records import machine, write_record
from pipeline.storage import Folder
from pipeline.tracking import training_run
from pipeline.tracking.keys import results_key
from pipeline.tracking.results import join_results
from pipeline.tracking.runs import add_metrics, add_tags
from pipeline.tracking.store import NoAnswer, Refused, client, patient
from pipeline.training import own_runs, ray_train, runs
from pipeline.training.inputs import LOSS_NETWORK, SHARDS, VIEW, has_loss_network, inputs_of, loss_network_of
from pipeline.training.loop import History
from pipeline.training.summary import speed, speed_of, summary, warnings, without_speed
from pipeline.workspace import lasting, published, recorded


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    inputs, params = inputs_of(variant), load_params()
    cluster = params.cluster
    if address(cluster) and not cluster.workers:
        print(f"cluster.workers is 0: training runs in this process, and not on the cluster at {address(cluster)}",
              file=sys.stderr)
    network_of_all_nodes = Folder("none")  # a pixel loss has none
    if has_loss_network(variant):
        network_of_all_nodes = published(loss_network_of(variant), cluster.storage,
                                         f"loss_network-{inputs.loss_network[:16]}", LOSS_NETWORK)
    hashes = inputs.hashes()
    shards_of_all_nodes = published(SHARDS, cluster.storage, f"shards-{hashes['data_sha256'][:16]}",
                                    shards.manifest_name(VIEW), only=f"view={VIEW}")
    storage, known = lasting(cluster.storage), recorded(f"train@{name}")
    own_runs.delete_recorded_runs(storage, name, known, wanted=inputs.configuration())
    run = runs.begin(storage, inputs.configuration(), known)

    continued = {"continued_from": run.continued_from} if run.continued_from else {}
    tags = {**hashes, **continued,
            "loss_network": network_file.source_of(loss_network_of(variant)) if has_loss_network(variant) else "none"}
    run_id = training_run.start(params.tracking, variant, run.name, training_run.parameters(variant, params), tags)
    live = training_run.live_logger(params.tracking, run_id)
    job = ray_train.Job(variant, shards_of_all_nodes, network_of_all_nodes, run.folder, cluster.checkpoint_steps,
                        live.on_steps, live.on_epoch, live.close, live.on_start)
    try:
        with training_run.ended_as_it_ends(params.tracking, run_id):
            weights, history = ray_train.fit(job, cluster)
            written = write(variant, weights, history, run.name)
            track(params.tracking, variant, run_id, history, written)
    except (NoAnswer, Refused) as error:  # nothing is lost: the stage track adds what is missing
        print(f"warning: {error} The stage track adds what is missing, if need be by `dvc repro --force --single-item "
              "track`", file=sys.stderr)
    runs.end_and_delete_earlier_checkpoints(run, known)
    for warning in written.warnings:
        print(f"warning: {variant.label}: {warning}")
    print(messages.trained(variant.label, Path("models") / name / "model.safetensors", written.metrics,
                           variant.model.latent_dim, written.speed["images_per_second"], written.trained["precision"],
                           run_id))


class Written(NamedTuple):
    """What training leaves in the working tree, beside tables."""

    model: nn.Module
    metrics: dict[str, float]
    trained: dict[str, str | int]  # see `History`
    speed: dict[str, float]
    warnings: list[str]


def write(variant: Variant, weights: dict, history: History, training: str) -> Written:
    """Write the weights (the model's state dict), tables, metrics and the record of a training.

    training: its name (`training.runs.Run`).
    """
    folder, tables = (Path(part) / variant.name for part in ("models", "training"))
    save_weights(folder / "model.safetensors", weights, variant)
    tables.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(history.steps).to_csv(tables / "steps.csv", index=False)
    pd.DataFrame(map(without_speed, history.epochs)).to_csv(tables / "epochs.csv", index=False)
    metrics = summary(history)
    found = warnings(metrics, variant)
    write_json(tables / "warnings.json", found)
    write_json(Path("metrics/train") / f"{variant.name}.json", metrics)
    write_record("train", variant.name, training=training, **history.trained, **speed(history),
                 epochs=list(map(speed_of, history.epochs)))
    return Written(load_model(folder / "model.safetensors", variant), metrics, history.trained, speed(history), found)


def track(config: Tracking, variant: Variant, run_id: str, history: History, written: Written) -> None:
    """Add to the training's run what it does not have yet. Raises NoAnswer or Refused."""
    training_run.complete(config, run_id, history.steps, history.epochs)
    run = patient(config, client(config).get_run, run_id)
    add_metrics(config, run, training_run.metrics(written.metrics, written.speed))
    add_tags(config, run, written.trained | machine())
    training_run.log_model(config, run_id, written.model, example(written.model, variant.encodes))
    with contextlib.suppress(FileNotFoundError):  # what is scored by is not here; then `track` runs too
        join_results(config, results_key(variant), run_id)


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
