"""Code that no digest holds, since it cannot change a result.

A stage still depends on what this code imports, unless that is exempt too. Exempt code imports neither numeric
libraries nor code that computes; a test checks it.
"""

ROOMS = {  # each with all its modules
    "pipeline.config": "its values, and what it computes, are in the plan",
    "pipeline.cluster": "it decides where and how often work is run",
    "pipeline.workspace": "it says where files lie, what DVC has recorded, and what made a result",
    "pipeline.tracking": "it decides what MLflow records",
}
MODULES = {
    "stages": "it decides how a stage ends with DVC, and how its threads wait",
    "pipeline.data.space": "it estimates, and refuses",
    "pipeline.errors": "it holds messages",
    "pipeline.messages": "it holds messages",
    "pipeline.paths": "it says where files lie",
    "pipeline.files.atomic": "it decides how a file takes its place",
    "pipeline.files.folder": "it says where files lie",
    "pipeline.files.hashes": "it names unfinished work",
    "pipeline.files.work_folder": "it says where unfinished work lies",
    "pipeline.parallel": "it decides where work is run",
    "pipeline.hardware.allocator": "it changes only speed",
    "pipeline.hardware.cores": "it says how many there are",
    "pipeline.hardware.places": "it decides where work is run",
    "pipeline.hardware.processor": "it has names for the records",
    "pipeline.plan": "it is a description",
    "pipeline.plan.code": "it makes the digests, which change with it",
    "pipeline.plan.disk": "it estimates, and refuses",
    "pipeline.plan.exempt": "it is this list",
    "pipeline.plan.modules": "it makes the digests, which change with it",
    "pipeline.plan.removed_variants": "it deletes results of removed variants",
    "pipeline.plan.syntax": "it makes the digests, which change with it",
    "pipeline.plan.unseen_code": "it refuses code",
    "pipeline.process": "it says how a process ends",
    "pipeline.training.gpu_sentences": "it holds messages",
    "pipeline.training.own_runs": "it decides whose checkpoints are deleted",
}
NOT_EXEMPT_FOR = {"track": "pipeline.tracking"}  # what MLflow records is the result of the stage track
NUMERIC = {"numpy", "scipy", "sklearn", "skimage", "pandas", "torch", "torchvision", "torch_fidelity", "PIL",
           "matplotlib"}


def reason(module: str, stage: str = "") -> str:
    """Return why no digest holds a module, or why that of `stage` does not; "" if it is not exempt."""
    if stage in NOT_EXEMPT_FOR and is_in(module, NOT_EXEMPT_FOR[stage]):
        return ""
    return MODULES.get(module) or next((why for room, why in ROOMS.items() if is_in(module, room)), "")


def is_in(module: str, room: str) -> bool:
    """Return whether a module is a room, or lies in it."""
    return f"{module}.".startswith(f"{room}.")
