"""How the steps of a training are taken on its device: which batches, and whether a step is recorded."""

from collections.abc import Callable
from types import TracebackType

import torch
from torch import nn

from pipeline.training import gpu_sentences
from pipeline.training.batches import Batches
from pipeline.training.gpu_batches import PrefetchedBatches, ResidentBatches, room_for_images
from pipeline.training.recorded_step import RecordedStep
from pipeline.training.step import Optimizers, take_step, unwrapped


class Steps:
    """Takes the steps of a training, within a block.

    Args:
        objective: on its device; perhaps wrapped for data parallelism.
        optimizers: by the player's name.
        batches: images and noise.
        record: whether a step on a GPU is recorded as a CUDA graph.
        warn: called with a sentence where a GPU is too small for the images, or a step cannot be recorded.
    """

    def __init__(self, objective: nn.Module, optimizers: Optimizers, batches: Batches, record: bool,
                 warn: Callable[[str], None]):
        self.objective, self.optimizers = objective, optimizers
        self.batches, self.recorded = batches, None
        if batches.device.type == "cuda":
            self.batches = batches_on_gpu(batches, len(unwrapped(objective).turns), warn)
            self.recorded = RecordedStep(unwrapped(objective), optimizers, self.batches, warn) if record else None

    def take(self, step: int) -> dict[str, torch.Tensor]:
        """Take a step, and return the terms of all losses, on the device. step: the number of steps done before."""
        if self.recorded is not None:
            return self.recorded.take(step)
        return take_step(self.objective, self.optimizers, self.batches, step)

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.batches.close()


def batches_on_gpu(batches: Batches, turns: int, warn: Callable[[str], None]) -> Batches:
    """Return batches from images on the GPU, if they fit, or else from those that a thread brings."""
    room = room_for_images(batches.device)
    if batches.images.nbytes <= room:
        try:
            return ResidentBatches(batches, turns)
        except torch.OutOfMemoryError:  # another process has taken the memory meanwhile
            room = room_for_images(batches.device)
    warn(gpu_sentences.images_not_on_gpu(batches.images.nbytes, room))
    return PrefetchedBatches(batches, turns)
