"""A trained model as a file, and back."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from pipeline.config import Variant
from pipeline.data.pixels import to_network, to_uint8
from pipeline.models.build import build_model
from pipeline.models.float32 import full_float32


def save_weights(path: Path, weights: dict[str, torch.Tensor], variant: Variant) -> None:
    """Write a model's state dict and, as metadata, its configuration; atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary,
              metadata={"variant": variant.planned()})
    os.replace(temporary, path)


def load_model(path: Path, variant: Variant, device: str | torch.device = "cpu") -> nn.Module:
    """The trained model of a variant in evaluation mode, channels last in memory."""
    model = build_model(variant)
    model.load_state_dict(load_file(path))
    return model.eval().to(device, memory_format=torch.channels_last).requires_grad_(False)


def example(model: nn.Module, encodes: bool) -> tuple[np.ndarray, np.ndarray]:
    """What a model takes and gives, for those who will use it: two images float32 2×3×S×S in -1 … 1, or z float32
    2×latent_dim where it does not encode; and what it makes of them."""
    with torch.no_grad():
        given = torch.randn(2, model.latent_dim, generator=torch.Generator().manual_seed(0))
        if encodes:
            given = model.decode(given).clamp(-1, 1).contiguous()
        return given.numpy(), model(given).numpy()


def decoder_of(model: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """z float32 N×D → uint8 N×3×S×S, as the figures want it."""
    def decode(z: np.ndarray) -> np.ndarray:
        with full_float32():
            return to_uint8(model.decode(torch.from_numpy(z))).cpu().numpy()

    return decode


def reconstructor_of(model: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """Images uint8 N×3×S×S → their reconstructions from the posterior mean, alike."""
    def reconstruct(pixels: np.ndarray) -> np.ndarray:
        with full_float32():
            return to_uint8(model(to_network(torch.from_numpy(pixels)))).cpu().numpy()

    return reconstruct
