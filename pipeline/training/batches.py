"""Which images and which noise each update sees."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from pipeline.config.variant import Variant
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.training.randomness import epoch_order, noise

order_of_epoch = lru_cache(maxsize=2)(epoch_order)


@dataclass
class Batches:
    """One worker's share of all batches.

    Attributes:
        images: all images of the training split, uint8 N×3×S×S.
        size: images in a batch of all workers together.
        share: the rows of a batch that are this worker's.
        seed: train.seed.
        noise_width: columns of the noise.
        device: where images and noise are wanted.
    """

    images: np.ndarray
    size: int
    share: slice
    seed: int
    noise_width: int
    device: torch.device

    def steps_per_epoch(self) -> int:
        """Return the number of whole batches. Images beyond the last one are not seen in that epoch."""
        return len(self.images) // self.size

    def draw(self, step: int, turn: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the images and the noise of one update.

        Args:
            step: the number of steps done.
            turn: 0 for the model's update of the step. The adversary's updates have 1, 2 …, counted backwards; each
                sees another batch.

        Returns:
            Images, float32 in -1 … 1, and noise N×noise_width, on the device.
        """
        source, z = self.source(step, turn)
        return self.images_of(source), z

    def source(self, step: int, turn: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what `images_of` makes the images from, of a shape that is always the same, and the noise."""
        pixels, z = self.on_host(step, turn)
        return pixels.to(self.device), z.to(self.device)

    def images_of(self, source: torch.Tensor) -> torch.Tensor:
        """Return the images, float32 in -1 … 1. source: their pixels, uint8."""
        return to_network(source)

    def on_host(self, step: int, turn: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pixels, uint8, and the noise of one update, in the computer's memory."""
        rows = order_of_epoch(self.seed, step // self.steps_per_epoch(), len(self.images))[self.rows(step, turn)]
        return torch.from_numpy(self.images[rows]), self.noise(step, turn)

    def noise(self, step: int, turn: int) -> torch.Tensor:
        """Return the noise of one update, in the computer's memory."""
        return noise(self.seed, step, self.size, self.noise_width, turn=turn)[self.share]

    def rows(self, step: int, turn: int) -> slice:
        """Return where in the order of its epoch the images of one update stand."""
        begin = (step + turn) % self.steps_per_epoch() * self.size
        return slice(begin + self.share.start, begin + self.share.stop)

    def close(self) -> None:
        """End what draws ahead."""


def batches_of_worker(variant: Variant, images: np.ndarray, rank: int, workers: int, noise_width: int,
                      device: torch.device) -> Batches:
    """Return the batches of the worker `rank`, of so many workers.

    Raises:
        InputError: there are no images, or the workers cannot share a batch evenly.
    """
    size = batch_size(variant, len(images), workers)
    share = slice(rank * size // workers, (rank + 1) * size // workers)
    return Batches(images, size, share, variant.train.seed, noise_width, device)


def batch_size(variant: Variant, images: int, workers: int) -> int:
    """Return the images in a batch: train.batch_size, or all images if there are fewer.

    Raises:
        InputError: there are no images, or the workers cannot share a batch evenly.
    """
    if not images:
        raise InputError("the training split has no images; give more by data.limit or data.synthetic_images.")
    size = min(variant.train.batch_size, images)
    if size % workers:
        raise uneven_batch(size, workers)
    return size


def uneven_batch(size: int, workers: int) -> InputError:
    """Return the error of workers that cannot share a batch evenly."""
    return InputError(f"train.batch_size is {size}, which {workers} workers cannot share evenly; make it a multiple of "
                      "cluster.workers.")


def even_workers(size: int, most: int) -> int:
    """Return the largest number of workers, up to `most`, that can share a batch of `size` images evenly.

    0 if `most` is 0.
    """
    return next((workers for workers in range(most, 0, -1) if size % workers == 0), 0)


def total_steps(variant: Variant, images: int) -> int:
    """Return the number of steps of a training on so many images.

    Images beyond the last whole batch of an epoch are not seen in that epoch.
    """
    return images // min(variant.train.batch_size, images) * variant.train.epochs
