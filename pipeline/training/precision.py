"""The arithmetic of training: bfloat16 where the hardware multiplies it, else float32.

    bf16    products and convolutions by autocast in bfloat16; what autocast leaves in float32, on a GPU in TF32
    tf32    float32, but a GPU rounds the factors of products and convolutions to ten bits behind the point
    fp32    float32, and nothing is rounded further, also on a GPU

Hardware without bfloat16 instructions emulates them. Training in bfloat16 then takes up to twenty times as long as
training in float32.
"""

import time
from typing import NamedTuple

import torch
from torch import distributed

from pipeline import messages
from pipeline.hardware.cuda import has_tf32
from pipeline.training import gpu_sentences

DTYPES = {"bf16": torch.bfloat16, "tf32": torch.float32, "fp32": torch.float32}  # by names in train.precision
SIDE = 256           # rows and columns of the matrices whose product is timed
GPU_SIDE = 4096      # on a GPU: to start the product of small ones takes longer than the product itself
MEASURED_FOR = 0.4   # seconds, or one round if that takes longer
FASTER = 1.4         # measured: at least 2.3 times with bfloat16 instructions, at most 0.8 times without


def tf32(name: str) -> bool:
    """Tell whether a GPU may multiply float32 in TF32. name: a key of DTYPES."""
    return name != "fp32"


class Precision(NamedTuple):
    """The arithmetic of a run."""

    name: str          # a key of DTYPES
    reason: str        # for the choice, in a few words
    warning: str = ""  # a sentence, if the hardware has to emulate it


class Bf16(NamedTuple):
    """How well a device multiplies in bfloat16, or the slowest of several devices."""

    multiplied: bool  # whether the hardware does it, without emulation
    ratio: float      # the time of a float32 matrix product over that of a bfloat16 one


def choose(asked: str, begun: str, device: torch.device, anew: str) -> Precision:
    """Return the precision of a run.

    All workers of a run have to call this. They agree on a precision that all of them can do.

    Args:
        asked: train.precision: auto, bf16, tf32 or fp32.
        begun: the precision with which an interrupted run began, and which it keeps; "" for a new run.
        device: of this worker.
        anew: how to start an interrupted run anew, in words, for the warning.
    """
    if begun == "fp32" or asked == "fp32":
        return Precision("fp32", messages.PRECISION_BEGUN if begun else messages.PRECISION_ASKED)
    if begun == "tf32" or (asked == "tf32" and not begun):
        share = mean_of_workers(float(has_tf32(device)), device)
        warning = "" if share == 1 else gpu_sentences.not_tf32(bool(begun), some=share > 0)
        return Precision("tf32", messages.PRECISION_BEGUN if begun else messages.PRECISION_ASKED, warning)
    bf16 = of_all_workers(measure_bf16(device), device)
    if asked == "bf16":
        warning = "" if bf16.multiplied else messages.emulated_as_asked(bf16.ratio)
        return Precision("bf16", messages.PRECISION_ASKED, warning)
    if begun:
        warning = "" if bf16.multiplied else messages.emulated_as_begun(bf16.ratio, anew)
        return Precision("bf16", messages.PRECISION_BEGUN, warning)
    return Precision("bf16" if bf16.multiplied else "fp32", messages.precision_auto(*bf16))


def measure_bf16(device: torch.device) -> Bf16:
    """Measure how well a device multiplies in bfloat16, by timing one matrix product in bfloat16 and in float32.

    A processor's flags do not tell, since emulators and ONEDNN_MAX_CPU_ISA may withhold what the flags promise. A CUDA
    device's generation does: Ampere is the first that multiplies bfloat16.
    """
    ratio = ratio_of_products(device)
    if device.type == "cuda":
        with torch.cuda.device(device):
            return Bf16(torch.cuda.is_bf16_supported(including_emulation=False), ratio)
    return Bf16(ratio >= FASTER, ratio)


@torch.no_grad()
def ratio_of_products(device: torch.device) -> float:
    """Return the seconds of a float32 product over those of a bfloat16 one.

    Each is the fastest of many, measured by turns. A processor uses one thread: several threads wait for each other,
    and on a busy machine only that waiting would be measured.
    """
    on_gpu, threads = device.type == "cuda", torch.get_num_threads()
    side = GPU_SIDE if on_gpu else SIDE
    matrices = [torch.ones(side, side, dtype=dtype, device=device) for dtype in (torch.float32, torch.bfloat16)]

    def seconds(matrix: torch.Tensor) -> float:
        started = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for a GPU
        return time.perf_counter() - started

    if not on_gpu:
        torch.set_num_threads(1)
    try:
        began = time.perf_counter()
        for matrix in matrices:
            seconds(matrix)  # not counted: it chooses kernels
        rounds = [[seconds(matrix) for matrix in matrices]]
        while time.perf_counter() - began < MEASURED_FOR:
            rounds.append([seconds(matrix) for matrix in matrices])
    finally:
        torch.set_num_threads(threads)
    full, half = (min(column) for column in zip(*rounds, strict=True))
    return full / half


def mean_of_workers(mine: float, device: torch.device) -> float:
    """Return the mean of a number over all workers of a run; all call it."""
    if not distributed.is_initialized():
        return mine
    total = torch.tensor(mine, device=device, dtype=torch.float64)
    distributed.all_reduce(total)
    return float(total) / distributed.get_world_size()


def of_all_workers(mine: Bf16, device: torch.device) -> Bf16:
    """Return the least of what all workers of a run have measured."""
    if not distributed.is_initialized():
        return mine
    least = torch.tensor([float(mine.multiplied), mine.ratio], device=device)
    distributed.all_reduce(least, distributed.ReduceOp.MIN)
    multiplied, ratio = least.tolist()
    return Bf16(bool(multiplied), ratio)
