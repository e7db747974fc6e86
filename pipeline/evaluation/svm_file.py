"""Files of the 40 fitted SVMs, by which other code has decision values of latents."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.linear_svm import LinearSVMs
from pipeline.files.atomic import replacing
from pipeline.vocabulary import ATTRIBUTES


def write_svms(path: Path, svms: LinearSVMs) -> None:
    """Write an .npz file, atomically.

    It holds `weights`, float64 (D+1)×40, for raw latents, the biases last; and `attributes`, str 40, the names of the
    columns.

    Args:
        path: the file; its folder is created.
        svms: of the 40 attributes in the order of `ATTRIBUTES`.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, weights=svms.weights, attributes=np.array(ATTRIBUTES))


def read_svms(path: Path) -> LinearSVMs:
    """Read what `write_svms` wrote.

    Returns:
        The SVMs of the 40 attributes in the order of `ATTRIBUTES`. Their features are the raw posterior means of the
        set's views, side by side in the order of evaluate.view_sets.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weights, attributes = arrays["weights"], arrays["attributes"].tolist()
    except Exception as error:  # numpy's reader may raise anything on bytes that are something else
        raise InputError(f"{path} is not a file of SVMs as the stage evaluate writes it ({type(error).__name__}); run "
                         "that stage again") from error
    if attributes != list(ATTRIBUTES) or weights.dtype != np.float64 or weights.ndim != 2 \
            or weights.shape[1] != len(ATTRIBUTES) or not np.isfinite(weights).all():
        raise InputError(f"{path} does not hold finite weights of SVMs for CelebA's {len(ATTRIBUTES)} attributes; run "
                         "the stage evaluate again")
    return LinearSVMs(weights)
