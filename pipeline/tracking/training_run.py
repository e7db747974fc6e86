"""A training's run in MLflow: parameters, curves while it trains, the trained model, and its status as it ends."""

import time
import warnings
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

from pipeline.config.params import Params
from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.tracking import rows, runs
from pipeline.tracking.live import Live
from pipeline.tracking.pictures import LoggedPictures, Picture, log_picture
from pipeline.tracking.rows import Entry, LoggedSteps, Row, TimedRow
from pipeline.tracking.store import client, store_uri
from pipeline.tracking.waiting import retry_while_away

if TYPE_CHECKING:
    import numpy as np
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run
    from torch import nn

SECTIONS = ("data", "loss_network")  # of params.yaml, on which training depends beside its variant


def sections(params: Params) -> tuple[str, ...]:
    """Return SECTIONS, and teaching where the loss network is taught."""
    return (*SECTIONS, "teaching") if params.loss_network.source == "taught" else SECTIONS


def parameters(variant: Variant, params: Params) -> dict[str, Any]:
    """Return what a training depends on, by dotted names."""
    return runs.variant_parameters(variant, params, *sections(params))


def metrics(last_epoch: Mapping[str, float], speed: Mapping[str, float]) -> dict[str, float]:
    """Return the numbers that stand for a training.

    Args:
        last_epoch: As in metrics/train.
        speed: `seconds` and `images_per_second` of the whole training.
    """
    return {f"train/{name}": value for name, value in {**last_epoch, **speed}.items()}


def start_or_resume_run(config: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
                        tags: Mapping[str, str]) -> str:
    """Create a training's run, or resume it where the training was interrupted; return MLflow's id of it.

    Args:
        config: Names the store and MLflow's experiment.
        variant: What is trained.
        training: The name of the training, 32 hexadecimal digits (`training.runs.Run`).
        parameters: By dotted names.
        tags: For the run, also for one that is resumed.
    """
    run = find_or_create_training_run(config, variant, training, parameters, tags)
    runs.add_tags(config, run, {name: value for name, value in tags.items() if run.data.tags.get(name) != value})
    if run.info.status != "RUNNING":
        retry_while_away(config, client(config).update_run, run.info.run_id, status="RUNNING")
    return run.info.run_id


def find_or_create_training_run(config: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
                                tags: Mapping[str, str]) -> "Run":
    """Return a training's run.

    It is a new one where there is none yet, where the training was tracked in another store, and where its run was
    deleted. Arguments as for `start_or_resume_run`; `tags` are for a new run only.
    """
    run = runs.find_or_create_run(config, "training", training, f"{variant.name}, training",
                                  {"variant": variant.name, "label": variant.label, **tags})
    if run.info.status != "FINISHED":  # a later version of params.yaml or this code may know more parameters
        runs.add_parameters(config, run, parameters)
    return run


def mark_ended(config: Tracking, run_id: str, status: Literal["FINISHED", "FAILED", "KILLED"]) -> None:
    """Mark a run as ended.

    Raises:
        NoAnswer, Refused: MLflow is away or refuses.
        MlflowException: There is no such run.
    """
    retry_while_away(config, client(config).set_terminated, run_id, status)


def live_logger(config: Tracking, run_id: str) -> Live:
    """Return what logs rows of steps and epochs during training, whether or not the server is there."""
    return Live(store_uri(config), run_id)


def log_missing_rows(config: Tracking, run_id: str, steps: Sequence[Row], epochs: Sequence[Row]) -> None:
    """Log those of a training's rows that its run does not have, so that it has each step once."""
    connection, now = client(config), int(time.time() * 1000)
    waiting: list[Entry] = [TimedRow("step/", row, now) for row in steps]
    waiting += [TimedRow("epoch/", row, now) for row in epochs]
    logged = LoggedSteps()
    with rows.logging_rows:
        while waiting:
            batch = rows.first_request(waiting)
            retry_while_away(config, rows.log_entries, connection, run_id, batch, logged)
            del waiting[:len(batch)]


def log_missing_pictures(config: Tracking, run_id: str, pictures: Sequence[Picture]) -> None:
    """Log those of a training's pictures that its run does not have."""
    connection, logged = client(config), LoggedPictures()
    with rows.logging_rows:
        for picture in pictures:
            retry_while_away(config, log_picture, connection, run_id, picture, logged)


def has_model(config: Tracking, run_id: str) -> bool:
    """Return True if the whole model was logged to the run."""
    return any(model.status == "READY" for model in retry_while_away(config, models_of_run, client(config), run_id))


def models_of_run(connection: "MlflowClient", run_id: str) -> "list[LoggedModel]":
    """Return the models that were logged to a run, also those whose upload was cut off."""
    experiment = connection.get_run(run_id).info.experiment_id
    return list(connection.search_logged_models([experiment], f"source_run_id = '{run_id}'"))


def log_model(config: Tracking, run_id: str, model: "nn.Module", example: "tuple[np.ndarray, np.ndarray]") -> None:
    """Log the trained model as an MLflow model, unless the run has its model already.

    The MLflow model takes images, float32 N×3×S×S in -1 … 1, and returns reconstructions of the same shape. One
    without an encoder takes z, float32 N×latent_dim, and returns images. It is stored as a graph (torch.export), so
    that loading it runs no code and needs none of this project's. Deletes models of the run whose upload was cut off.

    Args:
        config: Names the store.
        run_id: MLflow's id of the run.
        model: In evaluation mode.
        example: What the model takes, and what it returns for that.
    """
    import mlflow
    from mlflow.models import infer_signature

    connection, signature = client(config), infer_signature(*example)

    def log_unless_ready() -> None:
        for known in models_of_run(connection, run_id):
            if known.status == "READY":
                return
            connection.delete_logged_model(known.model_id)  # its upload was cut off
        run = connection.get_run(run_id)
        new = connection.create_logged_model(run.info.experiment_id, "model", run_id, params=run.data.params)
        mlflow.pytorch.log_model(model, name="model", model_id=new.model_id, run_id=run_id, signature=signature,
                                 input_example=example[0], serialization_format="pt2",
                                 pip_requirements=[f"torch=={metadata.version('torch').split('+')[0]}"])

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No complete tensor found")  # torch.export, about weights on a GPU
        retry_while_away(config, log_unless_ready)
