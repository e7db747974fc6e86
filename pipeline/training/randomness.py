"""All randomness of training, as a function of (seed, epoch or step) alone.

So a resumed run continues as if undisturbed, and any number of workers sees the same images and noise at a step.
"""

import numpy as np
import torch


ORDER, TRAINING, VALIDATION = range(3)  # purposes, whose streams are independent


def _generator(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))


def epoch_order(seed: int, epoch: int, images: int) -> np.ndarray:
    """Permutation of 0 … images-1, int64: the order of one epoch."""
    return _generator(seed, ORDER, epoch).permutation(images)


def noise(seed: int, step: int, images: int, latent_dim: int, purpose: int = TRAINING) -> torch.Tensor:
    """N(0, I) for the global batch of one step: images×latent_dim, float32, on the CPU."""
    return torch.from_numpy(_generator(seed, purpose, step).standard_normal((images, latent_dim), dtype=np.float32))

