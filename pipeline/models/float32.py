"""Arithmetic for what measures."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Float32 products for as long as the block lasts: no autocast, and no TF32 on a GPU.

    All metrics are measured so, that they may not depend on the machine beyond rounding.
    """
    kinds = torch.backends.cuda.matmul, torch.backends.cudnn  # matrix products, convolutions
    before = [kind.allow_tf32 for kind in kinds]
    for kind in kinds:
        kind.allow_tf32 = False
    try:
        with torch.autocast("cuda", enabled=False), torch.autocast("cpu", enabled=False):
            yield
    finally:
        for kind, allowed in zip(kinds, before):
            kind.allow_tf32 = allowed
