"""Sentences about workers that come and go."""

from pipeline.vocabulary import counted

SOON_LOST = "a node of its workers will be taken away; from now on it writes as many checkpoints as it can"


def workers_changed(label: str, step: int, workers: int, before: int) -> str:
    """Return the line of a training that goes on with more or fewer workers. step: from which it goes on."""
    return f"{label}: goes on from step {step} with {counted(workers, 'worker')} instead of {before}"
