"""A training's run in MLflow: parameters, curves while it trains, the trained model. Training itself closes it."""

import contextlib
import time
import warnings
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pipeline.config import Params, Tracking, Variant
from pipeline.tracking import runs
from pipeline.tracking.live import Live, Row, cause, one_request, say, send, sending, shown
from pipeline.tracking.store import NoAnswer, Refused, client, patient, store_uri

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

SECTIONS = ("data", "loss_network")  # of params.yaml, that training depends on beside its variant


def parameters(variant: Variant, params: Params) -> dict[str, Any]:
    """What a training depends on, by dotted names."""
    return runs.variant_parameters(variant, params, *SECTIONS)


def metrics(last_epoch: Mapping[str, float], speed: Mapping[str, float]) -> dict[str, float]:
    """The numbers that stand for a training. last_epoch: as in metrics/train; speed: see `training.summary.speed`."""
    return {f"train/{name}": value for name, value in {**last_epoch, **speed}.items()}


def start(config: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
          tags: Mapping[str, str]) -> str:
    """Start a training's run, or go on with it where the training was interrupted; MLflow's id of it.

    training: the name of the training (`training.runs.Run`). parameters: by dotted names.
    """
    run = found_or_created(config, variant, training, parameters, tags)
    runs.add_tags(config, run, {name: value for name, value in tags.items() if run.data.tags.get(name) != value})
    if run.info.status != "RUNNING":
        patient(config, lambda: client(config).update_run(run.info.run_id, status="RUNNING"))
    return run.info.run_id


def found_or_created(config: Tracking, variant: Variant, training: str, parameters: Mapping[str, Any],
                     tags: Mapping[str, str]):
    """A training's run. It is a new one, too, where the training was tracked in another store, or its run deleted."""
    run = runs.found_or_created(config, "training", training, f"{variant.name}, training",
                                {"variant": variant.name, "label": variant.label, **tags})
    if run.info.status != "FINISHED":  # a later version of params.yaml or this code may know more parameters
        runs.add_parameters(config, run, parameters)
    return run


@contextlib.contextmanager
def ended_as_it_ends(config: Tracking, run_id: str) -> Iterator[None]:
    """Mark the run FINISHED, FAILED or KILLED as the block ends. Raises NoAnswer where FINISHED cannot be said.

    A block that ends in NoAnswer or Refused leaves the run as it is: the stage track completes and finishes it. So does
    one that ends in MLflow's own exception, as where the run was deleted; it is raised as Refused.
    """
    from mlflow.exceptions import MlflowException

    end = client(config).set_terminated
    try:
        yield
    except (NoAnswer, Refused):
        raise
    except MlflowException as error:
        raise Refused(f"MLflow at {shown(store_uri(config))} refuses: {cause(error)}.") from error
    except BaseException as reason:
        status = "KILLED" if isinstance(reason, KeyboardInterrupt) else "FAILED"
        try:  # not for long: the user waits for the reason
            patient(config.model_copy(update={"patience": min(config.patience, 10)}), end, run_id, status)
        except Exception:  # the reason is what counts
            say(f"MLflow at {shown(store_uri(config))} does not answer, or refuses; the run {run_id} is not marked "
                f"{status} there")
        raise
    patient(config, end, run_id, "FINISHED")


def live_logger(config: Tracking, run_id: str) -> Live:
    """For the training loop: logs rows of steps and epochs while it runs, whether or not the server is there."""
    return Live(store_uri(config), run_id)


def complete(config: Tracking, run_id: str, steps: list[Row], epochs: list[Row]) -> None:
    """Log those of a training's rows that its run does not have, so that it has each step once."""
    connection, now = client(config), int(time.time() * 1000)
    rows = [("step/", row, now) for row in steps] + [("epoch/", row, now) for row in epochs]
    known: dict[str, set[int]] = {}
    with sending:
        while rows:
            batch = one_request(rows)
            patient(config, send, connection, run_id, batch, known)
            del rows[:len(batch)]


def has_model(config: Tracking, run_id: str) -> bool:
    """Whether the run has its model, whole."""
    return patient(config, lambda: any(model.status == "READY" for model in models_of(client(config), run_id)))


def models_of(connection, run_id: str) -> list:
    """The models that were logged to a run, also those whose upload was cut off."""
    experiment = connection.get_run(run_id).info.experiment_id
    return connection.search_logged_models([experiment], f"source_run_id = '{run_id}'")


def log_model(config: Tracking, run_id: str, model: "nn.Module", example: "tuple[np.ndarray, np.ndarray]") -> None:
    """The trained model as an MLflow model: images float32 N×3×S×S in -1 … 1 → reconstructions of the same shape.

    One that does not encode: z float32 N×latent_dim → images. `example`: what it takes, and what it makes of that.
    Stored as a graph (torch.export), so that loading it runs no code and needs none of this project's. A run that has
    its model keeps it.
    """
    import mlflow
    from mlflow.models import infer_signature

    connection, signature = client(config), infer_signature(*example)

    def logged() -> None:
        for known in models_of(connection, run_id):
            if known.status == "READY":
                return
            connection.delete_logged_model(known.model_id)  # its upload was cut off
        run = connection.get_run(run_id)
        begun = connection.create_logged_model(run.info.experiment_id, "model", run_id, params=run.data.params)
        mlflow.pytorch.log_model(model, name="model", model_id=begun.model_id, run_id=run_id, signature=signature,
                                 input_example=example[0], serialization_format="pt2",
                                 pip_requirements=[f"torch=={metadata.version('torch').split('+')[0]}"])

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No complete tensor found")  # torch.export, about weights on a GPU
        patient(config, logged)


