"""GPUs that torch can use."""

import re
from typing import NamedTuple

import torch


class GPUs(NamedTuple):
    """Numbers of a machine's GPUs."""

    usable: int
    unusable: int  # the driver is too old for torch, or torch has no kernels for the GPU


def count_gpus() -> GPUs:
    """Count the GPUs of this machine that torch can use, and those that it cannot."""
    count = torch.cuda.device_count()
    usable = sum(has_kernels(torch.cuda.get_device_capability(number), torch.cuda.get_arch_list())
                 for number in range(count)) if torch.cuda.is_available() else 0
    return GPUs(usable, count - usable)


def best_device() -> torch.device:
    """Return a GPU if torch can use one, else the CPU. CUDA_VISIBLE_DEVICES= in the environment hides GPUs."""
    return torch.device("cuda" if count_gpus().usable else "cpu")


def has_kernels(capability: tuple[int, int], compiled: list[str]) -> bool:
    """Tell whether a GPU runs the code that torch was compiled to.

    Code for sm_XY runs on GPUs of the same generation X from Y on, code for compute_XY on all GPUs from X.Y on. The
    names of AMD's architectures have another form; their GPUs are always taken as usable.

    Args:
        capability: Compute capability of the GPU, such as (7, 5) of a T4.
        compiled: `torch.cuda.get_arch_list()`, such as ["sm_75", "compute_90"].
    """
    for name in compiled:
        match = re.fullmatch(r"(sm|compute)_(\d+)(\d)[a-z]?", name)
        if match is None:
            return True
        kind, needs = match[1], (int(match[2]), int(match[3]))
        if needs <= capability and (kind == "compute" or needs[0] == capability[0]):
            return True
    return False
