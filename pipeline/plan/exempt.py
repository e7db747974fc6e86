"""Code that no digest holds, since it cannot change a result.

What it imports is followed all the same. It may import neither numeric libraries nor code that computes; a test looks.
"""

TRACKING = ("pipeline.tracking", "pipeline.tracking.store", "pipeline.tracking.live", "pipeline.tracking.runs",
            "pipeline.tracking.training_run", "pipeline.tracking.results", "pipeline.tracking.keys")
EXEMPT = {
    "stages": "how a stage ends with DVC, and how its threads wait",
    "pipeline.config": "its values, and what it computes, are in the plan",
    "pipeline.errors": "messages",
    "pipeline.messages": "messages",
    "pipeline.cluster": "where and how often work is run",
    "pipeline.storage": "where files lie",
    "pipeline.workspace": "where files lie, and under which name unfinished work is kept",
    **dict.fromkeys(TRACKING, "what is told to MLflow"),
    "pipeline.removed_variants": "what removed variants have left",
    "pipeline.records": "by what a result was made, on which nothing depends",
    "pipeline.hardware": "names for the records",
    "pipeline.training.memory": "speed",
    "pipeline.training.own_runs": "whose checkpoints are deleted",
    "pipeline.plan": "a description",
    "pipeline.plan.code": "it makes the digests, which change where it changes",
    "pipeline.plan.syntax": "it makes the digests, which change where it changes",
    "pipeline.plan.exempt": "this list",
}
# For the stage track, what is told to MLflow is the result.
NOT_EXEMPT_FOR = {"track": set(TRACKING)}
NUMERIC = {"numpy", "scipy", "sklearn", "skimage", "pandas", "torch", "torchvision", "torch_fidelity", "PIL",
           "matplotlib"}
