"""Experiments: MLflow's one, which holds all runs of the project, and DVC's, which are tags of runs."""

import contextlib
import functools
import getpass
import os
import re
from typing import TYPE_CHECKING

from pipeline.config.running import Tracking
from pipeline.messages import without_password
from pipeline.tracking.errors import Refused
from pipeline.tracking.store import client, default_uri, store_uri
from pipeline.tracking.waiting import retry_while_away
from pipeline.workspace import git
from pipeline.workspace.project import project_root

if TYPE_CHECKING:
    from mlflow.entities import Experiment

# MLflow's pages open an experiment of this kind with its table of runs, and not with what language models need.
KIND = {"mlflow.experimentKind": "custom_model_development"}


def find_or_create_mlflow_experiment(config: Tracking) -> str:
    """Return the id of MLflow's experiment tracking.experiment, creating it if it is missing.

    With the default store its files go to mlartifacts/ beside the database.

    Raises:
        Refused: The experiment was deleted in MLflow.
    """
    from mlflow.exceptions import MlflowException

    connection, uri = client(config), store_uri(config)
    location = (project_root() / "mlartifacts").as_uri() if uri == default_uri() else None

    def find_or_create() -> "Experiment":
        if experiment := connection.get_experiment_by_name(config.experiment):
            return experiment
        try:
            connection.create_experiment(config.experiment, artifact_location=location, tags=KIND)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another run was faster
                raise
        experiment = connection.get_experiment_by_name(config.experiment)
        assert experiment  # it was created just now
        return experiment

    experiment = retry_while_away(config, find_or_create)
    if experiment.lifecycle_stage != "deleted":
        for name in KIND.keys() - experiment.tags.keys():  # an earlier version of this project created it
            retry_while_away(config, connection.set_experiment_tag, experiment.experiment_id, name, KIND[name])
    else:
        raise Refused(f"the experiment {config.experiment} was deleted in MLflow at {without_password(uri)}; "
                      f"restore it (mlflow experiments restore --experiment-id {experiment.experiment_id}), or set "
                      "tracking.experiment to another name.")
    return experiment.experiment_id


def experiment_name() -> str:
    """Return the name of DVC's experiment; outside of one, that of the commit."""
    return os.environ.get("DVC_EXP_NAME") or commit_name()


@functools.cache
def commit_name() -> str:
    """Return the commit's first digits, with "-changed" where params.yaml or code differ from it.

    Asks Git once in a process, so that all tags of a process name the same experiment.
    """
    return f"{git.commit()[:7]}{'-changed' if git.is_changed() else ''}"


def experiment_tag() -> str:
    """Return the name of the tag that says a run belongs to the present experiment.

    Each experiment has its own tag, so that two that run at once do not overwrite each other's.
    """
    return mlflow_name(f"experiment.{experiment_name()}")


def source_tags() -> dict[str, str]:
    """Return tags that say where a run comes from.

    `experiment` names the experiment that created the run, not those that joined it later.
    """
    return {"git_commit": git.commit(), "experiment": experiment_name()}


def mlflow_source_tags(file: str) -> dict[str, str]:
    """Return the tags that fill the columns Source, Version and User of MLflow's table of runs.

    Args:
        file: What made the run, by its path in the project.
    """
    tags = {"mlflow.source.name": file, "mlflow.source.type": "LOCAL"}
    if (commit := git.commit()) != "none":
        tags["mlflow.source.git.commit"] = commit
    with contextlib.suppress(OSError, KeyError):  # a container's user may have no name
        tags["mlflow.user"] = getpass.getuser()
    return tags


def alias(experiment: str) -> str:
    """Return the alias by which an experiment names its version of a registered model.

    Aliases have letters, digits, "_" and "-". MLflow keeps "latest" and "v" with a number for itself.
    """
    allowed = re.sub(r"[^\w-]", "-", experiment)
    return f"experiment-{allowed}" if re.fullmatch(r"latest|v?\d+", allowed, re.IGNORECASE) else allowed


def mlflow_name(name: str) -> str:
    """Return a name of a tag or metric, with underscores for characters that MLflow does not take."""
    return re.sub(r"[^\w.\- :/]", "_", name)
