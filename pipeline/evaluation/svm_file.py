"""Files of fitted SVMs, one per attribute, by which other code has decision values of latents."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.linear_svm import LinearSVMs
from pipeline.files.atomic import replacing
from pipeline.vocabulary import counted


class NamedSVMs(NamedTuple):
    """The SVMs of K attributes."""

    names: tuple[str, ...]  # K
    svms: LinearSVMs


def write_svms(path: Path, names: Sequence[str], svms: LinearSVMs) -> None:
    """Write an .npz file, atomically.

    It holds `weights`, float64 (D+1)×K, for raw latents, the biases last, NaN for an attribute that was known for no
    image to fit an SVM to; and `attributes`, str K, the names of the columns.

    Args:
        path: the file; its folder is created.
        names: of the K attributes.
        svms: of the same attributes in the same order.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, weights=svms.weights, attributes=np.array(names, dtype=str))


def read_svms(path: Path) -> NamedSVMs:
    """Read what `write_svms` wrote.

    Returns:
        The attributes' names, and their SVMs in the same order. The features of these are the raw posterior means of
        the set's views, side by side in the order of evaluate.view_sets.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weights, names = arrays["weights"], tuple(map(str, arrays["attributes"].tolist()))
    except Exception as error:  # numpy's reader may raise anything on bytes that are something else
        raise InputError(f"{path} is not a file of SVMs as the stage evaluate writes it ({type(error).__name__}); run "
                         "that stage again") from error
    if weights.dtype != np.float64 or weights.ndim != 2 or weights.shape[1] != len(names) \
            or not (np.isfinite(weights).all(axis=0) | np.isnan(weights).all(axis=0)).all():
        raise InputError(f"{path} does not hold weights of an SVM for each of its {counted(len(names), 'attribute')}; "
                         "run the stage evaluate again")
    return NamedSVMs(names, LinearSVMs(weights))
