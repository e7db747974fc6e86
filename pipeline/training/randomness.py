"""All randomness of training, as a function of seed and epoch, or seed and step, alone.

So a resumed run continues as if undisturbed, and any number of workers sees the same images and noise at a step.
"""

import numpy as np
import torch

ORDER, TRAINING, VALIDATION, PICTURES = range(4)  # purposes, whose streams are independent


def _generator(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))


def epoch_order(seed: int, epoch: int, images: int) -> np.ndarray:
    """Return the order of one epoch: a permutation of 0 … images-1, int64."""
    return _generator(seed, ORDER, epoch).permutation(images)


def noise(seed: int, step: int, images: int, width: int, purpose: int = TRAINING, turn: int = 0) -> torch.Tensor:
    """Return noise from N(0, I) for the batch of all workers in one update: images×width, float32, on the CPU.

    Args:
        seed: train.seed.
        step: the number of steps done.
        images: rows.
        width: columns.
        purpose: TRAINING, VALIDATION or PICTURES.
        turn: 0 for the model's update of this step, 1, 2 … for the adversary's.
    """
    key = (seed, purpose, step, turn) if turn else (seed, purpose, step)
    return torch.from_numpy(_generator(*key).standard_normal((images, width), dtype=np.float32))
