"""Arrow arrays from numpy arrays and texts, without a copy where there need be none.

`pa.array` does more, and imports pandas for it, which takes half a second and more in each process.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def numbers(values: np.ndarray) -> pa.Array:
    """Return an array of the numbers of a numpy array of one axis, of its own type: integers, float32 or float64."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def texts(values: Sequence[str]) -> pa.Array:
    """Return an array of texts, of Arrow's type string."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def truths(values: np.ndarray, known: np.ndarray) -> pa.Array:
    """Return an array of truth values, null where they are not known. Both are bool N."""
    bits, valid = (pa.py_buffer(np.packbits(of, bitorder="little")) for of in (values & known, known))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None if known.all() else valid, bits])
