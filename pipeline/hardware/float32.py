"""Full precision for measurements."""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Compute products in float32 within the block: without autocast, and without TF32 on a GPU.

    All metrics are measured in such a block, so that they depend on the machine only by rounding.
    """
    backends: tuple[Any, ...] = torch.backends.cuda.matmul, torch.backends.cudnn  # matrix products, convolutions
    before = [backend.allow_tf32 for backend in backends]
    for backend in backends:
        backend.allow_tf32 = False
    try:
        with torch.autocast("cuda", enabled=False), torch.autocast("cpu", enabled=False):
            yield
    finally:
        for backend, allowed in zip(backends, before, strict=True):
            backend.allow_tf32 = allowed
