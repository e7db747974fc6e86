"""Data sets in MLflow: what a run trained, validated and tested on; and by which of them each number was measured."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import paths
from pipeline.config.running import Tracking
from pipeline.files.json_file import read_json
from pipeline.tracking.store import client
from pipeline.tracking.waiting import retry_while_away

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Run

VIEW = "aligned"  # the view of which models are trained
CONTEXTS = {"train": "training", "valid": "validation", "test": "test"}  # MLflow's words for the splits
DIGEST_DIGITS = 8  # as many as MLflow's own digests have, which it shows beside the name
NOT_MEASURED_ON_IMAGES = ("train/seconds", "train/images_per_second", "train/epoch", "train/step",
                          "train/learning_rate")


class Dataset(NamedTuple):
    """One split of the shards of the view aligned."""

    name: str       # such as synthetic-train
    digest: str     # of the whole view: the first digits of the manifest's sha256
    split: str
    images: int
    image_size: int
    source: Mapping[str, Any]


def datasets(parameters: Mapping[str, Any]) -> dict[str, Dataset]:
    """Return the splits of the working tree's shards that have images, by their names train, valid and test.

    Args:
        parameters: By dotted names, `data.source` and `data.root` among them.
    """
    folder = paths.SHARDS / f"view={VIEW}"
    found = read_json(folder / "_manifest.json") if (folder / "_manifest.json").is_file() else {}
    kind = parameters.get("data.source", "unknown")
    source = {"uri": str(folder), "sha256": found.get("sha256"), "data.source": kind}
    if kind != "synthetic":
        source["data.root"] = parameters.get("data.root")
    return {split: Dataset(f"{kind}-{split}", found["sha256"][:DIGEST_DIGITS], split, number, found["image_size"],
                           source)
            for split, number in found.get("images", {}).items() if number and split in CONTEXTS}


def log_datasets(config: Tracking, run: "Run", used: Mapping[str, Dataset]) -> None:
    """Log data sets as inputs of a run, except those that it has."""
    inputs = run.inputs.dataset_inputs if run.inputs else []  # a run that was created just now has none
    has = {(known.dataset.name, known.dataset.digest) for known in inputs}
    missing = [as_input(dataset) for dataset in used.values() if (dataset.name, dataset.digest) not in has]
    if missing:
        retry_while_away(config, client(config).log_inputs, run.info.run_id, missing)


def as_input(dataset: Dataset) -> "DatasetInput":
    """Return a data set as MLflow's input of a run; its source is the folder that DVC holds."""
    from mlflow.entities import Dataset as MlflowDataset
    from mlflow.entities import DatasetInput, InputTag
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    shape = [-1, 3, dataset.image_size, dataset.image_size]
    features = [{"type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": shape}}]
    schema = {"mlflow_tensorspec": {"features": json.dumps(features), "targets": None}}
    values = dataset.images * 3 * dataset.image_size ** 2
    return DatasetInput(
        MlflowDataset(dataset.name, dataset.digest, "local", json.dumps(dataset.source), json.dumps(schema),
                      json.dumps({"num_rows": dataset.images, "num_elements": values})),
        [InputTag(MLFLOW_DATASET_CONTEXT, CONTEXTS[dataset.split])])


def measured_on(metric: str, reference: str) -> str | None:
    """Return the split by which a number of a variant's results was measured; None for numbers such as a speed.

    Args:
        metric: Its name in MLflow, such as svm/aligned/accuracy.
        reference: sampling.reference, the split of the photographs that samples are compared with.
    """
    kind, _, rest = metric.partition("/")
    last = rest.rpartition("/")[2]
    if metric in NOT_MEASURED_ON_IMAGES:
        return None
    if kind == "train":
        return "valid" if last.startswith("valid_") or last == "active_units" else "train"
    if kind == "samples":
        return reference
    if kind == "posterior" or last in ("valid_accuracy", "C"):  # C is chosen by validation images
        return "valid"
    return "train" if kind == "vector_correlation" else "test"
