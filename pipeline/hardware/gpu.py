"""GPUs that torch can use."""

import functools
import re
import sys
from typing import NamedTuple

import torch

from pipeline.hardware import places
from pipeline.vocabulary import counted


class GPUs(NamedTuple):
    """Numbers of a machine's GPUs."""

    usable: int
    unusable: int  # the driver is too old for torch, or torch has no kernels for the GPU


def count_gpus() -> GPUs:
    """Count the GPUs of this machine that torch can use, and those that it cannot."""
    usable = len(usable_gpus())
    return GPUs(usable, torch.cuda.device_count() - usable)


def usable_gpus() -> tuple[int, ...]:
    """Return torch's numbers of the GPUs that it can use. CUDA_VISIBLE_DEVICES in the environment hides the others."""
    if not torch.cuda.is_available():
        return ()
    return tuple(number for number in range(torch.cuda.device_count())
                 if has_kernels(torch.cuda.get_device_capability(number), torch.cuda.get_arch_list()))


def best_device() -> torch.device:
    """Return the GPU of this process if torch can use one, else the CPU.

    At the first call the process takes a GPU until it ends (`own_gpu`); later calls return the same one.
    CUDA_VISIBLE_DEVICES= in the environment hides all GPUs.
    """
    usable = usable_gpus()
    return torch.device("cuda", own_gpu(usable)) if usable else torch.device("cpu")


@functools.cache
def own_gpu(usable: tuple[int, ...]) -> int:
    """Take a GPU for this process until it ends, and make it torch's current one.

    It is the first that no other process of this user has taken (`places`). If all are taken, it is one that the
    fewest have, and a line on stderr says so. Processes on a machine that see different GPUs, or the same ones under
    other numbers, agree, since a GPU has one UUID everywhere.

    Args:
        usable: Torch's numbers of the GPUs to choose from, at least one.

    Returns:
        Torch's number of the GPU.
    """
    try:
        number, others = places.take_least_taken([uuid_of(gpu) for gpu in usable])
    except OSError as error:
        number, others = 0, 0
        if len(usable) > 1:
            print(f"warning: which GPUs other runs have taken cannot be seen ({error}), so GPU {usable[0]} is used; "
                  "set CUDA_VISIBLE_DEVICES, or TMPDIR to a folder that can be written", file=sys.stderr)
    if others:
        taken = "the GPU is" if len(usable) == 1 else f"all {len(usable)} GPUs are"
        print(f"warning: {taken} taken by other runs of this project; GPU {usable[number]}, and its memory, is shared "
              f"with {counted(others, 'other')}", file=sys.stderr)
    torch.cuda.set_device(usable[number])
    return usable[number]


def uuid_of(number: int) -> str:
    """Return what names a GPU whatever its number is; its number where torch does not know a UUID."""
    return f"GPU-{getattr(torch.cuda.get_device_properties(number), 'uuid', number)}"


def gpu_name(device: torch.device) -> str:
    """Return a GPU's name and, if the process sees several, its number: "NVIDIA L4 (GPU 3 of 0 to 7)"."""
    name, last = torch.cuda.get_device_name(device), torch.cuda.device_count() - 1
    return f"{name} (GPU {device.index or 0} of 0 to {last})" if last > 0 else name


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
