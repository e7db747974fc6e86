"""GPUs that torch can use."""

import re

import torch


def usable_gpus() -> int:
    """How many GPUs of this machine torch can use: 0 where the driver is too old for it, or a GPU for its kernels."""
    if not torch.cuda.is_available():
        return 0
    return sum(has_kernels(torch.cuda.get_device_capability(number), torch.cuda.get_arch_list())
               for number in range(torch.cuda.device_count()))


def unusable_gpus() -> str:
    """The other GPUs of this machine, in words: "2 GPUs"; "" if there are none."""
    count = torch.cuda.device_count() - usable_gpus()
    return "" if count < 1 else "1 GPU" if count == 1 else f"{count} GPUs"


def has_kernels(capability: tuple[int, int], compiled: list[str]) -> bool:
    """Whether a GPU runs what torch was compiled for.

    capability: of the GPU, (7, 5) for a T4. compiled: `torch.cuda.get_arch_list()`, as ["sm_75", "compute_90"]. Code
    for sm_XY runs on all of the same generation X from Y on, and compute_XY on all from X.Y on. AMD's have no numbers
    like these, and are taken for good.
    """
    major, minor = capability
    for name in compiled:
        found = re.fullmatch(r"(sm|compute)_(\d+)(\d)[a-z]?", name)
        if found is None:
            return True
        of, needs = found[1], (int(found[2]), int(found[3]))
        if needs <= capability and (of == "compute" or needs[0] == major):
            return True
    return False
