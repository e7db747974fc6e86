"""Arrays of numbers as base64 in the page, with references by which its JSON names them."""

import base64
from typing import Any

import numpy as np

ALIGNMENT = 4  # bytes: JavaScript's typed arrays begin at multiples of their items' size
Reference = dict[str, Any]  # {"blob": number, "offset": bytes, "type": "float16", "shape": [300, 100]}


class Blobs:
    """Blobs of bytes, each with some arrays one after the other, little-endian."""

    def __init__(self) -> None:
        self._blobs: list[bytearray] = []

    def begin(self) -> None:
        """Begin a new blob: the page decodes a blob when it first needs an array of it."""
        self._blobs.append(bytearray())

    def add(self, array: np.ndarray | None) -> Reference | None:
        """Add an array, float16 or float32, to the blob that was begun last; return a reference to it. None stays."""
        if array is None:
            return None
        blob = self._blobs[-1]
        blob.extend(bytes(-len(blob) % ALIGNMENT))
        reference = {"blob": len(self._blobs) - 1, "offset": len(blob), "type": array.dtype.name,
                     "shape": list(array.shape)}
        blob.extend(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return reference

    def as_base64(self) -> list[str]:
        """Return all blobs, as text."""
        return [base64.b64encode(blob).decode() for blob in self._blobs]
