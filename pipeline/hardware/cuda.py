"""How a GPU computes: which products are rounded, whether results repeat bit by bit, and how kernels are chosen."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import torch

AMPERE = 8  # the first generation with TF32


def has_tf32(device: torch.device) -> bool:
    """Tell whether a device multiplies in TF32: float32 whose factors are rounded to ten bits behind the point."""
    return device.type == "cuda" and torch.version.cuda is not None and \
        torch.cuda.get_device_capability(device)[0] >= AMPERE


@contextlib.contextmanager
def arithmetic(device: torch.device, tf32: bool, deterministic: bool) -> Iterator[None]:
    """Set how a GPU computes within the block; on a CPU do nothing.

    Args:
        device: where is computed.
        tf32: whether float32 products and convolutions are in TF32. Without it they are in full float32: torch's own
            default rounds in convolutions, but not in matrix products.
        deterministic: whether results are the same bit by bit each time, on the same GPU and with the same versions.
            Then torch refuses operations for which it has no such form. Else cuDNN tries out, for each new shape, which
            of its kernels is the fastest.
    """
    if device.type != "cuda":
        yield
        return
    if deterministic:
        prepare_deterministic()
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    memory: Any = torch.utils.deterministic
    before = (matrices.allow_tf32, convolutions.allow_tf32, convolutions.benchmark, convolutions.deterministic,
              torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory)
    matrices.allow_tf32 = convolutions.allow_tf32 = tf32
    convolutions.benchmark, convolutions.deterministic = not deterministic, deterministic
    torch.use_deterministic_algorithms(deterministic)
    memory.fill_uninitialized_memory = False  # takes time, and nothing here reads such memory
    try:
        yield
    finally:
        (matrices.allow_tf32, convolutions.allow_tf32, convolutions.benchmark, convolutions.deterministic,
         was_deterministic, memory.fill_uninitialized_memory) = before
        torch.use_deterministic_algorithms(was_deterministic)


@contextlib.contextmanager
def kernels_by_rule() -> Iterator[None]:
    """Let cuDNN choose its kernels by its own rules within the block: to try them out takes seconds for each shape."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def prepare_deterministic() -> None:
    """Give cuBLAS workspaces with which its products repeat. It reads this when it is first used in a process."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
