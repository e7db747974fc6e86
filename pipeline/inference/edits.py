"""Moving latents along attribute vectors: z + Σ α v (Hou et al. 2016, section 4.3.2)."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.errors import InputError
from pipeline.latent_space.attribute_vectors import AttributeVectors

LARGEST = 1_000_000  # of a strength: far beyond every face, and far from what float32 cannot hold
Strengths = float | Sequence[float]  # one α, or one for each step of a walk


def edited(z: np.ndarray, strengths: Mapping[str, Strengths], vectors: AttributeVectors) -> tuple[np.ndarray, bool]:
    """Move latents along attribute vectors.

    Args:
        z: float32 N×D.
        strengths: attribute → α or sequence of α. Sequences have one length L; a single α stands for each step.
        vectors: of the attributes.

    Returns:
        float32 N×L×D, and whether there was a sequence; L is 1 without one.

    Raises:
        InputError: no attribute is named, one is unknown or has no vector, a strength is no number or beyond
            LARGEST, or sequences have several lengths.
    """
    if not strengths:
        raise InputError("no attribute is named; say which and how strongly, as in Smiling=2")
    alphas = {name: _numbers(name, given) for name, given in strengths.items()}
    lengths = {len(values) for name, values in alphas.items() if np.ndim(strengths[name])}
    if len(lengths) > 1:
        counts = ", ".join(f"{name} {len(values)}" for name, values in alphas.items())
        raise InputError(f"the attributes have different numbers of strengths ({counts}); give as many of each, or one")
    moves = np.zeros((next(iter(lengths), 1), z.shape[1]), np.float32)
    for name, values in alphas.items():
        vector = vectors.of(name)
        if not np.isfinite(vector).all():
            raise InputError(f"{name} has no attribute vector, since the training images with and without it are not "
                             "both there; name another attribute")
        moves = moves + np.asarray(values, np.float32)[:, None] * vector
    return z[:, None] + moves, bool(lengths)


def _numbers(name: str, given: Strengths) -> np.ndarray:
    """Return one strength or several as float64, one axis; raise InputError unless they are numbers up to LARGEST."""
    try:
        values = np.atleast_1d(np.asarray(given, float))
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if values.ndim != 1 or not len(values) or not np.abs(values).max() <= LARGEST:  # NaN fails too
        raise InputError(f"the strength of {name} is {given!r}; give a number such as 2, or several, each from "
                         f"-{LARGEST:,} to {LARGEST:,}")
    return values
