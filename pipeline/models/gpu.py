"""GPUs that torch can use."""

import re
from typing import NamedTuple

import torch


class GPUs(NamedTuple):
    """How many GPUs a machine has, by whether torch can use them."""

    usable: int
    unusable: int  # the driver is too old for torch, or a GPU for its kernels


def count_gpus() -> GPUs:
    """Those of this machine."""
    count = torch.cuda.device_count()
    usable = sum(has_kernels(torch.cuda.get_device_capability(number), torch.cuda.get_arch_list())
                 for number in range(count)) if torch.cuda.is_available() else 0
    return GPUs(usable, count - usable)


def device() -> torch.device:
    """A GPU where there is one that torch can use. CUDA_VISIBLE_DEVICES= in the environment hides it."""
    return torch.device("cuda" if count_gpus().usable else "cpu")


def has_kernels(capability: tuple[int, int], compiled: list[str]) -> bool:
    """Whether a GPU runs what torch was compiled for.

    capability: of the GPU, (7, 5) for a T4. compiled: `torch.cuda.get_arch_list()`, as ["sm_75", "compute_90"]. Code
    for sm_XY runs on all of the same generation X from Y on, and compute_XY on all from X.Y on. AMD's have no numbers
    like these, and are taken for good.
    """
    for name in compiled:
        found = re.fullmatch(r"(sm|compute)_(\d+)(\d)[a-z]?", name)
        if found is None:
            return True
        of, needs = found[1], (int(found[2]), int(found[3]))
        if needs <= capability and (of == "compute" or needs[0] == capability[0]):
            return True
    return False
