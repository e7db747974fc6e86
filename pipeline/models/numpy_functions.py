"""A trained model as functions of numpy arrays."""

from collections.abc import Callable

import numpy as np
import torch

from pipeline import paths
from pipeline.config.variant import Variant
from pipeline.data.pixels import to_network, to_uint8
from pipeline.hardware.float32 import full_float32
from pipeline.models.interface import Model
from pipeline.models.weights_file import load_model

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


def example_input_and_output(model: Model, encodes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return an input and the model's output for it, as an example for those who use the model.

    Args:
        model: On the CPU, in evaluation mode.
        encodes: Whether the model takes images; else it takes latents.

    Returns:
        Two images, float32 2×3×S×S in -1 … 1, or two latents, float32 2×D; and images, float32 2×3×S×S.
    """
    with torch.no_grad():
        given = torch.randn(2, model.latent_dim, generator=torch.Generator().manual_seed(0))
        if encodes:
            given = model.decode(given).clamp(-1, 1).contiguous()
        return given.numpy(), model(given).numpy()


def load_with_example(variant: Variant) -> tuple[Model, tuple[np.ndarray, np.ndarray]]:
    """Load the trained model of a variant from the working tree, with `example_input_and_output`."""
    model = load_model(paths.weights(variant.name), variant)
    return model, example_input_and_output(model, variant.encodes)
