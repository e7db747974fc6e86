"""A trained model as functions of numpy arrays."""

from collections.abc import Callable

import numpy as np
import torch

from pipeline.data.pixels import to_network, to_uint8
from pipeline.hardware.float32 import full_float32
from pipeline.models.interface import Model

AT_ONCE = 32  # images: few of them stay in a processor's cache while the decoder computes on them


def decode_function(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function of latents, float32 N×D → images, uint8 N×3×S×S; it computes in full float32.

    It computes where the model is, also if the model has moved since.
    """
    def decode(z: np.ndarray) -> np.ndarray:
        device = next(model.parameters()).device
        with full_float32():
            return torch.cat([to_uint8(model.decode(few.to(device))).cpu()
                              for few in torch.from_numpy(z).split(AT_ONCE)]).numpy()

    return decode


def reconstruct_function(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function of images, uint8 N×3×S×S → their reconstructions from the posterior mean, uint8 N×3×S×S."""
    def reconstruct(pixels: np.ndarray) -> np.ndarray:
        with full_float32():
            return to_uint8(model(to_network(torch.from_numpy(pixels)))).cpu().numpy()

    return reconstruct
