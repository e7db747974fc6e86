"""Batches on a GPU: the training split stays there if it fits; else a thread brings the coming batches.

Neither the step waits for the computer's memory, nor the computer for the GPU. All that travels is in pinned memory,
and travels on a stream of its own. On a CPU the same code runs without streams, for tests.
"""

from typing import NamedTuple

import numpy as np
import torch

from pipeline.data.pixels import to_network
from pipeline.training.batches import Batches, order_of_epoch
from pipeline.training.prefetch import Key, Prefetch

SHARE = 0.5  # of the free memory that the images may take; the rest is for the step


class Ahead(NamedTuple):
    """Tensors that are on their way to the GPU."""

    tensors: tuple[torch.Tensor, ...]
    arrived: torch.cuda.Event | None  # None on a CPU


class PrefetchedBatches(Batches):
    """A thread brings pixels and noise before they are wanted."""

    def __init__(self, batches: Batches, turns: int):
        """Take over batches. turns: updates in a step."""
        super().__init__(batches.images, batches.size, batches.share, batches.seed, batches.noise_width, batches.device)
        self.turns, self.host, self.cuda = turns, torch.from_numpy(batches.images), batches.device.type == "cuda"
        self.stream = torch.cuda.Stream(batches.device) if self.cuda else None
        self.ahead = Prefetch(self.bring, self.following)

    def source(self, step: int, turn: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pixels, uint8, and the noise of one update, on the device."""
        pixels, z = self.take(step, turn)
        return pixels, z

    def take(self, step: int, turn: int) -> tuple[torch.Tensor, ...]:
        """Return what the thread has brought for an update; the current stream waits until it is there."""
        tensors, arrived = self.ahead.take((step, turn))
        if arrived is not None:
            stream = torch.cuda.current_stream(self.device)
            stream.wait_event(arrived)
            for tensor in tensors:
                tensor.record_stream(stream)
        return tensors

    def bring(self, key: Key) -> Ahead:
        """Start to copy what an update needs to the device."""
        if self.stream is None:
            return Ahead(self.needed(*key), None)
        with torch.cuda.device(self.device), torch.cuda.stream(self.stream):
            tensors = tuple(tensor.to(self.device, non_blocking=True) for tensor in self.needed(*key))
            arrived = torch.cuda.Event()
            arrived.record(self.stream)
        return Ahead(tensors, arrived)

    def needed(self, step: int, turn: int) -> tuple[torch.Tensor, ...]:
        """Return what an update needs from the computer's memory, in pinned memory."""
        order = order_of_epoch(self.seed, step // self.steps_per_epoch(), len(self.images))
        rows = torch.from_numpy(order[self.rows(step, turn)])
        pixels = torch.empty((len(rows), *self.host.shape[1:]), dtype=torch.uint8, pin_memory=self.cuda)
        torch.index_select(self.host, 0, rows, out=pixels)
        return pixels, self.pinned_noise(step, turn)

    def pinned_noise(self, step: int, turn: int) -> torch.Tensor:
        """Return the noise of an update in pinned memory."""
        z = self.noise(step, turn)
        return z.pin_memory() if self.cuda else z

    def following(self, key: Key) -> Key:
        """Return which step and turn comes after another: the turns of a step count down to 0."""
        step, turn = key
        return (step, turn - 1) if turn else (step + 1, self.turns - 1)

    def close(self) -> None:
        """End the thread."""
        self.ahead.close()


class ResidentBatches(PrefetchedBatches):
    """All images lie on the device, as uint8, and are indexed there. The thread brings noise alone."""

    def __init__(self, batches: Batches, turns: int):
        """Copy the images to the device. turns: updates in a step."""
        super().__init__(batches, turns)
        self.resident = self.host.to(self.device)
        self.order_on_host = np.empty(0, np.int64)
        self.order = torch.empty(0, dtype=torch.int64)  # the same, on the device

    def source(self, step: int, turn: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the indices of the images, int64, and the noise of one update, on the device."""
        z, = self.take(step, turn)
        order = order_of_epoch(self.seed, step // self.steps_per_epoch(), len(self.images))
        if order is not self.order_on_host:  # once in an epoch
            self.order_on_host, self.order = order, torch.from_numpy(order).to(self.device)
        return self.order[self.rows(step, turn)], z

    def images_of(self, source: torch.Tensor) -> torch.Tensor:
        """Return the images, float32 in -1 … 1. source: their indices, int64."""
        return to_network(self.resident.index_select(0, source))

    def needed(self, step: int, turn: int) -> tuple[torch.Tensor, ...]:
        """Return the noise of an update in pinned memory."""
        return self.pinned_noise(step, turn),


def room_for_images(device: torch.device) -> int:
    """Return how many bytes images may take on a GPU."""
    return int(SHARE * torch.cuda.mem_get_info(device)[0])
