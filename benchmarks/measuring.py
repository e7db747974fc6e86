"""Timing by turns, counting operations, and the rows of the table."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

SIDE = {"cpu": 2048, "cuda": 8192}  # of the matrices whose product is the machine's rate


@dataclass
class Row:
    """One line of the table.

    Attributes:
        name: what is measured.
        unit: of `ours` and `plain`, such as images/s.
        ours: the median of the rounds.
        plain: the median of the plain version.
        ratio: how many times as fast ours is: the median of the rounds' ratios.
        rounds: the ratio of each round.
        note: what the plain version does, or why the row is left out.
        fraction: the rate of ours over that of this machine's matrix product in the same precision.
        fraction_of_better: the same over the better of that rate and `convolution_rate`.
        more: further numbers, for the JSON file.
    """

    name: str
    unit: str = ""
    ours: float | None = None
    plain: float | None = None
    ratio: float | None = None
    rounds: list[float] = field(default_factory=list)
    note: str = ""
    fraction: float | None = None
    fraction_of_better: float | None = None
    more: dict[str, Any] = field(default_factory=dict)


def left_out(name: str, reason: str) -> Row:
    """Return the row of something that cannot be measured here."""
    return Row(name, note=f"left out: {reason}")


def compare(name: str, work: float, ours: Callable[[], object], plain: Callable[[], object], rounds: int,
            unit: str = "images/s", note: str = "", wait: Callable[[], None] = lambda: None) -> Row:
    """Time two versions by turns.

    Args:
        name: of the row.
        work: what one call does, in the unit of work: images.
        ours: this project's version. Each is called once more before, untimed: the first call chooses kernels.
        plain: the plain version.
        rounds: timings of each.
        unit: of the rates.
        note: what the plain version does.
        wait: waits for the device.
    """
    def seconds(call: Callable[[], object]) -> float:
        wait()
        started = time.perf_counter()
        call()
        wait()
        return time.perf_counter() - started

    for call in (ours, plain):
        seconds(call)
    times = [(seconds(ours), seconds(plain)) for _ in range(rounds)]
    own, other = (work / statistics.median(column) for column in zip(*times, strict=True))
    ratios = [b / a for a, b in times]
    return Row(name, unit, own, other, statistics.median(ratios), ratios, note)


def matrix_rate(dtype: torch.dtype, device: torch.device, repeats: int = 5) -> float:
    """Return the operations per second of a square matrix product, the best of `repeats`."""
    side = SIDE[device.type]
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    return 2 * side**3 / best_seconds(lambda: (a @ b)[0, 0].item(), repeats)


def convolution_rate(dtype: torch.dtype, device: torch.device, repeats: int = 5) -> float:
    """Return the same of the same product as a 1×1 convolution, which on a processor is the work of another library."""
    side = SIDE[device.type]
    x = torch.randn(1, side, side // 64, 64, device=device).to(dtype, memory_format=torch.channels_last)
    weight = torch.randn(side, side, 1, 1, device=device).to(dtype, memory_format=torch.channels_last)
    return 2 * side**3 / best_seconds(lambda: torch.conv2d(x, weight)[0, 0, 0, 0].item(), repeats)


def best_seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the seconds of the fastest of some calls, after one that is not timed."""
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


class Operations(TorchDispatchMode):
    """Counts floating-point operations within a block, by torch's own formulas; a multiply-add is two.

    These are the formulas of `torch.utils.flop_counter.FlopCounterMode`, which cannot count a gradient penalty: its
    hooks on modules forbid `autograd.grad`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if formula := flop_registry.get(function._overloadpacket):
            self.total += formula(*args, **(kwargs or {}), out_val=result)
        return result


def count_operations(call: Callable[[], object]) -> int:
    """Return the floating-point operations of a call: products of matrices and convolutions, forwards and backwards."""
    with Operations() as counter:
        call()
    return counter.total
