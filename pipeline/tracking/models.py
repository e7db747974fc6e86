"""Trained models in MLflow: logged once, served with latents and attribute scores, and registered by variant.

A model is identified by its contents: the weights, the SVMs beside them, and the code that serves both. Trainings and
experiments that made the same model share it.
"""

import json
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths
from pipeline.config.plans import EvaluatePlan, read_plan
from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.files.hashes import digest
from pipeline.tracking.datasets import VIEW
from pipeline.tracking.experiments import alias, experiment_name, find_or_create_mlflow_experiment
from pipeline.tracking.store import client
from pipeline.tracking.waiting import retry_while_away

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run
    from mlflow.entities.model_registry import ModelVersion

    from pipeline.models.served_graph import ServedGraph

# Makes the graph of a trained variant. A stage hands it down, since what tells MLflow imports no code that computes.
LoadGraph = Callable[[Variant], "ServedGraph"]

GRAPH = "graph.pt2"      # its file
PACKAGES = ("mlflow", "numpy", "torch")
ABANDONED = 3600.0       # seconds after which an upload that has not ended was cut off


def contents_of(variant: Variant) -> str:
    """Return the digest that identifies a variant's model: of its weights, the SVMs on one view, and serving code."""
    svms = svms_of_one_view(variant)
    return digest(variant.name, paths.weights(variant.name), *([svms] if svms else []), serving_code())


def serving_code() -> Path:
    """Return the file that MLflow copies into a model. It is imported here, so that the stage depends on it."""
    with warnings.catch_warnings(record=True):  # MLflow's, about types, which the signature has
        from pipeline.tracking import served_model

    return Path(served_model.__file__)


def svms_of_one_view(variant: Variant) -> Path | None:
    """Return the file of the SVMs that an image of the view aligned can be scored with; None where there is none."""
    view_sets = read_plan(EvaluatePlan).view_sets if variant.encodes else {}
    path = next((paths.svm_weights(paths.EVALUATION / variant.name, name)
                 for name, views in view_sets.items() if list(views) == [VIEW]), None)
    return path if path is not None and path.is_file() else None


def log_model_once(config: Tracking, variant: Variant, run: "Run", load_graph: LoadGraph) -> "LoggedModel":
    """Log a variant's model, unless it is there; let the training's run name it, and register it under the variant.

    The MLflow model takes images, float32 N×3×S×S in -1 … 1, and returns arrays by name: `reconstruction` of the same
    shape, `latents` N×D and, where the data have attributes, `attribute_scores` N×K with `attribute_names`. One without
    an encoder takes latents and returns `images`. It is a graph (torch.export), so that it needs none of this project's
    code.

    Args:
        config: Names the store.
        variant: A trained one of the working tree.
        run: Of the training.
        load_graph: Called where the model is not there yet.
    """
    contents, connection = contents_of(variant), client(config)
    experiment = find_or_create_mlflow_experiment(config)
    model = retry_while_away(config, find_model, connection, experiment, contents)
    if model is None:
        model = log_model(config, variant, run, contents, load_graph(variant))
    retry_while_away(config, name_in_run, connection, run.info.run_id, model.model_id)
    retry_while_away(config, register, connection, variant, model)
    return model


def find_model(connection: "MlflowClient", experiment: str, contents: str) -> "LoggedModel | None":
    """Return the oldest whole model with these contents. Delete others whose upload was cut off."""
    found = None
    for model in connection.search_logged_models(
            [experiment], f"tags.contents = '{contents}'",
            order_by=[{"field_name": "creation_timestamp", "ascending": True}]):
        if model.status == "READY":
            found = found or model
        elif time.time() - model.creation_timestamp / 1000 > ABANDONED:
            connection.delete_logged_model(model.model_id)
    return found


def log_model(config: Tracking, variant: Variant, run: "Run", contents: str, served: "ServedGraph") -> "LoggedModel":
    """Log a new model; see `log_model_once`."""
    import mlflow
    from mlflow.models import infer_signature

    torch = metadata.version("torch").split("+")[0]  # without the suffix of a build for one accelerator
    versions = {name: metadata.version(name) for name in PACKAGES} | {"torch": torch}
    connection = client(config)
    tags = {"contents": contents, "variant": variant.name, "label": variant.label, "experiment": experiment_name(),
            "training": run.data.tags.get("training", "")}

    def create() -> "LoggedModel":
        parameters = connection.get_run(run.info.run_id).data.params  # `run` may have been read before it had them
        return connection.create_logged_model(run.info.experiment_id, registered_name(variant.name), run.info.run_id,
                                              tags=tags, params=parameters)

    with tempfile.TemporaryDirectory() as folder:
        graph, whole = Path(folder) / GRAPH, Path(folder) / "model"
        served.write(graph)
        model = retry_while_away(config, create)  # a lost answer leaves one that is deleted as cut off
        with warnings.catch_warnings(record=True):  # MLflow's, about types, which the signature has
            mlflow.pyfunc.save_model(
                whole, python_model=str(serving_code()), artifacts={"graph": str(graph)},
                signature=infer_signature(served.example, served.answer), input_example=served.example[:1].round(3),
                mlflow_model=mlflow.models.Model("model", run.info.run_id, model_id=model.model_id),
                model_config={"attributes": list(served.attributes)},
                pip_requirements=[f"{name}=={version}" for name, version in versions.items()])
        retry_while_away(config, connection.log_model_artifacts, model.model_id, str(whole))
    return retry_while_away(config, connection.finalize_logged_model, model.model_id, "READY")


def name_in_run(connection: "MlflowClient", run_id: str, model_id: str) -> None:
    """Let a run say that it made a model, once."""
    from mlflow.entities import LoggedModelOutput

    outputs = connection.get_run(run_id).outputs
    if model_id not in {known.model_id for known in (outputs.model_outputs if outputs else [])}:
        connection.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])


def registered_name(variant: str) -> str:
    """Return the name of the registered model of a variant."""
    return f"face-vae-{variant}"


def register(connection: "MlflowClient", variant: Variant, model: "LoggedModel") -> None:
    """Register a model as a version of its variant, once; let the present experiment's alias name that version."""
    name = registered_name(variant.name)
    version = version_of(connection, name, model.model_id) or create_version(connection, name, variant, model)
    mine = alias(experiment_name())
    if connection.get_registered_model(name).aliases.get(mine) != version.version:
        connection.set_registered_model_alias(name, mine, version.version)


def version_of(connection: "MlflowClient", name: str, model_id: str) -> "ModelVersion | None":
    """Return the version that a model is registered as; None if it is not."""
    versions = connection.search_model_versions(f"name = '{name}' and tags.model_id = '{model_id}'")
    return versions[0] if versions else None


def create_version(connection: "MlflowClient", name: str, variant: Variant, model: "LoggedModel") -> "ModelVersion":
    """Register a model as a new version, creating the registered model if it is missing."""
    from mlflow.exceptions import MlflowException

    try:
        connection.create_registered_model(name, {"variant": variant.name},
                                           f"The variant {variant.name}; each version's run has its parameters")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {name: model.tags[name] for name in ("training", "experiment", "contents")} | {"model_id": model.model_id}
    version = connection.create_model_version(name, f"models:/{model.model_id}", model.source_run_id, tags,
                                              model_id=model.model_id)
    known: list[Mapping[str, Any]] = json.loads(model.tags.get("mlflow.modelVersions", "[]"))
    connection.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": json.dumps(
        [*known, {"name": name, "version": version.version}])})  # MLflow's page of the model reads it
    return version
