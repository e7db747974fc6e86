"""A training step with options, on random images and a random loss network, and how long it takes."""

import contextlib
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.gpu import forms
from benchmarks.training import variants
from pipeline.config.variant import Variant
from pipeline.hardware.cuda import arithmetic
from pipeline.losses.build import build_objective
from pipeline.training import precision
from pipeline.training.batches import Batches, batches_of_worker
from pipeline.training.gpu_batches import PrefetchedBatches, ResidentBatches
from pipeline.training.recorded_step import FIRST, RecordedStep
from pipeline.training.step import learning_rates, make_optimizers, take_step

SIZE = 64
IMAGES = 32_768  # that steps go through
PLACES = {"pageable": None, "prefetched": PrefetchedBatches, "resident": ResidentBatches}


@dataclass(frozen=True)
class Options:
    """How a step is taken."""

    variant: str = "dfc"
    batch: int = 64
    precision: str = "bf16"
    images: str = "resident"      # a key of PLACES
    recorded: bool = True         # as a CUDA graph
    deterministic: bool = False
    benchmark: bool = True        # whether cuDNN tries its kernels out
    forms: tuple[str, ...] = ()   # of benchmarks.gpu.forms


@dataclass(frozen=True)
class Setting:
    """Where is measured, and on what."""

    device: torch.device
    pixels: np.ndarray  # the whole training split, uint8 N×3×64×64
    network: Path       # the file of the loss network

    def wait(self) -> None:
        """Wait for the GPU."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


class Trial:
    """The step of a variant, ready to be taken. Made by `trial`."""

    def __init__(self, options: Options, setting: Setting, variant: Variant):
        self.options, self.setting = options, setting
        self.objective = build_objective(variant, setting.network).to(setting.device).train()
        self.objective.precision = precision.DTYPES[options.precision]
        self.start = self.weights()
        batches = batches_of_worker(variant, setting.pixels[:IMAGES], 0, 1, self.objective.noise_width, setting.device)
        place = PLACES[options.images]
        self.batches: Batches = place(batches, len(self.objective.turns)) if place else batches
        self.optimizers = make_optimizers(self.objective, learning_rates(variant), variant.train.adam_beta1)
        self.warnings: list[str] = []
        self.recorded = RecordedStep(self.objective, self.optimizers, self.batches, self.warnings.append) \
            if options.recorded and setting.device.type == "cuda" else None
        self.done, self.first_seconds = 0, 0.0

    def step(self) -> dict[str, torch.Tensor]:
        """Take the next step."""
        self.done += 1
        if self.recorded:
            return self.recorded.take(self.done - 1)
        return take_step(self.objective, self.optimizers, self.batches, self.done - 1)

    def images_per_second(self, seconds: float = 0.8, rounds: int = 3) -> float:
        """Return the median of some rounds, after a few steps that are not timed."""
        began = self.now()
        for _ in range(FIRST + 2):
            self.step()
        self.first_seconds = self.now() - began
        if self.warnings:
            raise RuntimeError(self.warnings[0])
        began = self.now()
        self.step()
        steps = max(3, int(seconds / rounds / max(self.now() - began, 1e-4)))
        rates = []
        for _ in range(rounds):
            began = self.now()
            for _ in range(steps):
                self.step()
            rates.append(steps * self.options.batch / (self.now() - began))
        return statistics.median(rates)

    def now(self) -> float:
        """Return the time, when the GPU has done all."""
        self.setting.wait()
        return time.perf_counter()

    def losses(self, steps: int) -> list[float]:
        """Return the losses of the next steps."""
        terms = [self.step() for _ in range(steps)]
        if self.warnings:
            raise RuntimeError(self.warnings[0])
        return torch.stack([of_step.get("loss", next(iter(of_step.values()))) for of_step in terms]).tolist()

    def weights(self) -> torch.Tensor:
        """Return a copy of all weights that are trained, in one row."""
        with torch.no_grad():
            return torch.cat([parameter.detach().reshape(-1).float() for player in self.objective.players().values()
                              for parameter in player.parameters()]).clone()


@contextlib.contextmanager
def trial(options: Options, setting: Setting) -> Iterator[Trial]:
    """Yield the step of a variant, within the arithmetic and the forms of its options."""
    variant = variants(options.batch)[options.variant]
    with (forms.applied(options.forms),
          arithmetic(setting.device, precision.tf32(options.precision), options.deterministic)):
        if setting.device.type == "cuda":
            torch.backends.cudnn.benchmark = options.benchmark and not options.deterministic
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        made = Trial(options, setting, variant)
        try:
            yield made
        finally:
            made.batches.close()
            setting.wait()
            del made
