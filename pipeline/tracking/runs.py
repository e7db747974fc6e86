"""What all runs in MLflow have: an identity that finds them again, parameters, the experiments to which they belong."""

import math
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pipeline.config import Params, Tracking, Variant
from pipeline.tracking.live import REQUEST_METRICS
from pipeline.tracking.store import client, experiment_id, patient
from pipeline.workspace import project_root

Kind = Literal["training", "results", "report"]
REQUEST_PARAMETERS = 100  # MLflow takes at most so many in one request
CODE = ("params.yaml", "dvc.yaml", "pipeline", "stages")


def found_or_created(config: Tracking, kind: Kind, identity: str, name: str, tags: Mapping[str, str]):
    """The run whose tag `kind` has the value `identity`, created if missing; not one that was deleted.

    So a run is found again where the answer to its creation, and with it its id, got lost. Of several, which two
    processes have created at the same moment, it is the first.
    name, tags: of a run that is created. Its name begins with the experiment, and what made it is in its tags too.
    """
    connection, experiment = client(config), experiment_id(config)

    def attempt():
        return search(connection, experiment, kind, identity) or connection.create_run(
            experiment, run_name=f"{experiment_name()}: {name}",
            tags={**tags, **source_tags(), "kind": kind, kind: identity, membership(): "made it"})

    return patient(config, attempt)


def found(config: Tracking, kind: Kind, identity: str):
    """The run whose tag `kind` has the value `identity`; None if there is none."""
    return patient(config, search, client(config), experiment_id(config), kind, identity)


def search(connection, experiment: str, kind: Kind, identity: str):
    runs = connection.search_runs([experiment], f"tags.{kind} = '{identity}'", max_results=1,
                                  order_by=["attributes.start_time ASC"])
    return runs[0] if runs else None


def add_to_experiment(config: Tracking, run) -> None:
    """Tag a run as one of the present experiment too, unless it is already."""
    if membership() not in run.data.tags:
        patient(config, client(config).set_tag, run.info.run_id, membership(), "took it over")


def membership() -> str:
    """The tag by which a run belongs to the present experiment. Each experiment has its own, so that two that run at
    once do not overwrite each other's."""
    return allowed(f"experiment.{experiment_name()}")


def allowed(name: str) -> str:
    """A name of a tag or metric, in which characters that MLflow does not take are underscores."""
    return re.sub(r"[^\w.\- :/]", "_", name)


def experiment_name() -> str:
    """The name of DVC's experiment; outside of one, the commit, with "-changed" where params.yaml or code differ."""
    if os.environ.get("DVC_EXP_NAME"):
        return os.environ["DVC_EXP_NAME"]
    return f"{commit()[:7]}{'-changed' if is_changed() else ''}"


def is_changed() -> bool:
    """Whether params.yaml or the code are not those of the commit. In a job, GIT_CHANGED says so of its checkout."""
    if os.environ.get("GIT_COMMIT"):
        return bool(os.environ.get("GIT_CHANGED"))
    return bool(git("status", "--porcelain", "--", *CODE))


def commit() -> str:
    """Git's commit on which a run builds, or none. Variables name it in a job, and in one of DVC's experiments."""
    given = os.environ.get("GIT_COMMIT") or os.environ.get("DVC_EXP_BASELINE_REV")
    return given or git("rev-parse", "HEAD") or "none"


def git(*arguments: str) -> str:
    """What Git says of the project, "" where it fails."""
    done = subprocess.run(["git", *arguments], cwd=project_root(), capture_output=True, text=True)
    return "" if done.returncode else done.stdout.strip()


def source_tags() -> dict[str, str]:
    """Tags for where a run comes from. `experiment`: the one that made it; those that took it over are not in it."""
    return {"git_commit": commit(), "experiment": experiment_name()}


def finish(config: Tracking, run) -> None:
    """Mark a run FINISHED that is not yet."""
    if run.info.status != "FINISHED":
        patient(config, client(config).set_terminated, run.info.run_id, "FINISHED")


def variant_parameters(variant: Variant, params: Params, *sections: str) -> dict[str, Any]:
    """A variant's resolved configuration, and sections of params.yaml, by dotted names."""
    values = variant.model_dump() | {section: getattr(params, section).model_dump() for section in sections}
    return flat(values, ".")


def flat(nested: Mapping[str, Any], separator: str = "/") -> dict[str, Any]:
    """{"svm": {"aligned": {"C": 1.0}}} → {"svm/aligned/C": 1.0}; what is null or empty is left out."""
    leaves = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            leaves |= {f"{name}{separator}{inner}": leaf for inner, leaf in flat(value, separator).items()}
        elif value is not None:
            leaves[name] = value
    return leaves


def add_parameters(config: Tracking, run, values: Mapping[str, Any]) -> None:
    """Log the parameters that a run does not have; MLflow lets none be changed."""
    from mlflow.entities import Param

    missing = [Param(name, ",".join(map(str, value)) if isinstance(value, list) else str(value))
               for name, value in values.items() if name not in run.data.params]
    for start in range(0, len(missing), REQUEST_PARAMETERS):
        some = missing[start:start + REQUEST_PARAMETERS]
        patient(config, lambda some=some: client(config).log_batch(run.info.run_id, params=some))


def add_metrics(config: Tracking, run, metrics: Mapping[str, float]) -> None:
    """Log metrics; those that are not finite are left out, and those that the run has with this value."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)  # a metric with the same time and value is there once, however often it is sent
    new = [Metric(name, float(value), now, 0) for name, value in metrics.items()
           if math.isfinite(value) and run.data.metrics.get(name) != value]
    for start in range(0, len(new), REQUEST_METRICS):
        patient(config, client(config).log_batch, run.info.run_id, new[start:start + REQUEST_METRICS])


def add_tags(config: Tracking, run, tags: Mapping[str, str | int | float]) -> None:
    """Set tags."""
    for name, value in tags.items():
        patient(config, client(config).set_tag, run.info.run_id, name, str(value))


def upload_files(config: Tracking, run, files: Mapping[str, Sequence[Path]]) -> None:
    """Upload files as artifacts. files: the run's folder → files."""
    for folder, paths in files.items():
        for path in paths:
            patient(config, client(config).log_artifact, run.info.run_id, str(path), folder)
