"""The arithmetic of training: bfloat16 where the hardware multiplies it, else float32.

Hardware without bfloat16 instructions emulates them. Training in bfloat16 then takes up to twenty times as long as
training in float32.
"""

import time
from typing import NamedTuple

import torch
from torch import distributed

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}  # under their names in train.precision
SIDE = 512         # rows and columns of the matrices: half a second or less for a product, also where it is emulated
ROUNDS = 10
ENOUGH = 1.0       # seconds, after which no further round begins
FASTER = 1.3       # measured ratios: at least 2.3 with bfloat16 instructions, at most 0.8 without


class Precision(NamedTuple):
    """The arithmetic of a run."""

    name: str          # a key of DTYPES
    reason: str        # why this one, in a few words
    warning: str = ""  # a sentence, where the hardware has to emulate it


class Bf16(NamedTuple):
    """What a device, or the slowest of several, makes of bfloat16."""

    multiplied: bool  # by its hardware
    ratio: float      # how many times as fast as float32 it multiplies matrices


def choose(asked: str, begun: str, device: torch.device, anew: str) -> Precision:
    """The precision of a run; to be called by all of its workers, who then agree on one that all can do.

    asked: train.precision: auto, bf16 or fp32.
    begun: the precision that an interrupted run began with, which it keeps; "" for a new run.
    device: of this worker.
    anew: how to start an interrupted run anew, in words, for the warning.
    """
    if begun == "fp32":
        return Precision("fp32", "in which it began")
    if asked == "fp32":
        return Precision("fp32", "as train.precision says")
    bf16 = of_all_workers(measure_bf16(device), device)
    times = f"{bf16.ratio:.2g} times as fast as fp32"
    if begun:
        warning = f"it began in bf16, which this machine emulates, {times}; it goes on in bf16; {anew}"
        return Precision("bf16", "in which it began", "" if bf16.multiplied else warning)
    if asked == "bf16":
        warning = f"train.precision is bf16, which this machine emulates, {times}; set it to auto or fp32"
        return Precision("bf16", "as train.precision says", "" if bf16.multiplied else warning)
    if bf16.multiplied:
        return Precision("bf16", f"auto: its matrix products are {times}")
    return Precision("fp32", f"auto: matrix products in bf16 are emulated, {times}")


def measure_bf16(device: torch.device) -> Bf16:
    """Time one matrix product in bfloat16 and in float32.

    A processor's flags do not tell: emulators and ONEDNN_MAX_CPU_ISA lie below them. CUDA devices tell by their
    generation, Ampere being the first that multiplies bfloat16.
    """
    ratio = ratio_of_products(device)
    if device.type == "cuda":
        return Bf16(torch.cuda.is_bf16_supported(including_emulation=False), ratio)
    return Bf16(ratio >= FASTER, ratio)


def ratio_of_products(device: torch.device) -> float:
    """Seconds of a float32 product over those of a bfloat16 one."""
    return seconds_of_product(torch.float32, device) / seconds_of_product(torch.bfloat16, device)


@torch.no_grad()
def seconds_of_product(dtype: torch.dtype, device: torch.device) -> float:
    """The fastest of `ROUNDS`, or of as many as `ENOUGH` allows: other work on the machine only adds to it."""
    matrix, found = torch.ones(SIDE, SIDE, dtype=dtype, device=device), []
    began = time.perf_counter()
    while len(found) < 2 or len(found) <= ROUNDS and time.perf_counter() - began < ENOUGH:
        started = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for a GPU
        found.append(time.perf_counter() - started)
    return min(found[1:])  # the first one chooses kernels


def of_all_workers(mine: Bf16, device: torch.device) -> Bf16:
    """The least of what all workers of a run have measured."""
    if not distributed.is_initialized():
        return mine
    least = torch.tensor([float(mine.multiplied), mine.ratio], device=device)
    distributed.all_reduce(least, distributed.ReduceOp.MIN)
    multiplied, ratio = least.tolist()
    return Bf16(bool(multiplied), ratio)
