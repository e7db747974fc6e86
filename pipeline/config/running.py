"""Where a run happens: the sections cluster and tracking of params.yaml. No stage depends on them."""

from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config.fields import NotNegative, Positive, Section


class Cluster(Section):
    """Where training and other long work runs, and where unfinished work is kept."""

    address: str | None = Field(description=(
        'Address of a Ray cluster, or "auto" on its head; null for RAY_ADDRESS, and without that for this machine.'))
    workers: NotNegative = Field(description=(
        "Training workers of Ray Train; 0 to train in this process, without Ray."))
    min_workers: Positive | None = Field(default=None, description=(
        "The fewest workers that train while others are lost or not there yet: as many as share the batch evenly. "
        "Training grows to cluster.workers when there is room. null: it waits until all of them are there."))
    gpus_per_worker: int | None = Field(
        json_schema_extra={"anyOf": [{"enum": [0, 1]}, {"type": "null"}]},
        description=("GPUs of a training worker and of a task on a cluster: 1 or 0; null for 1 where there are GPUs "
                     "and 0 elsewhere. Set 1 or 0 for a cluster that has no GPU yet."))
    storage: str = Field(description=(
        "Folder of checkpoints, by which an interrupted run goes on: a path in the project, or an absolute path or URL "
        "(s3://…) that all nodes see. The view aligned is copied there too."))
    checkpoint_steps: Positive = Field(description="Training steps between two checkpoints, at least.")
    checkpoint_seconds: NotNegative = Field(default=10, description=(
        "Seconds between two checkpoints, at least, so that short steps have fewer of them."))
    cuda_graph: bool = Field(default=True, description=(
        "Whether a training step on one GPU is recorded as a CUDA graph and replayed, which is faster. Set it to false "
        "for an architecture, a loss or an adversary of your own whose steps do different work from step to step."))
    processes: NotNegative = Field(description=(
        "Processes of this machine that draw faces, prepare images and draw figures; 0 for one per core."))
    retries: NotNegative = Field(description=(
        "How often lost workers of a training, or a lost task, are started again."))

    @field_validator("min_workers")
    @classmethod
    def check_min_workers(cls, fewest: int | None, info: ValidationInfo) -> int | None:
        """Return the fewest workers, or raise ValueError if they are more than `workers`."""
        most = info.data.get("workers")
        if fewest is not None and most == 0:
            raise ValueError(f"is {fewest}, but cluster.workers is 0, which trains in this process; set "
                             "cluster.workers to the most workers, or cluster.min_workers to null")
        if fewest is not None and most is not None and fewest > most:
            raise ValueError(f"is {fewest}, more than cluster.workers, which is {most}; make it {most} or less, or "
                             "null to train with all of them only")
        return fewest

    @field_validator("gpus_per_worker", mode="before")
    @classmethod
    def check_gpus(cls, gpus: Any) -> int | None:
        """Return the number of GPUs, or raise ValueError unless it is 0, 1 or None."""
        if gpus is not None and (isinstance(gpus, bool) or gpus not in (0, 1)):
            raise ValueError(f"must be 1, 0, or null for 1 where there are GPUs, not {gpus!r}: a worker trains on one "
                             "GPU")
        return gpus if gpus is None else int(gpus)


class Tracking(Section):
    """What MLflow records, and where."""

    uri: str | None = Field(description="MLflow's tracking URI; null for MLFLOW_TRACKING_URI, or mlflow.db here.")
    experiment: str = Field(description="Name of the experiment in MLflow.")
    patience: NotNegative = Field(description=(
        "Seconds to wait for a tracking server that does not answer; training itself goes on without it."))
    live_after: NotNegative = Field(default=60, description=(
        "Seconds of training after which MLflow has its curves as they grow, by a process of its own; a shorter "
        "training is recorded by the stage track."))
