"""The size of the loss network's activations, by which losses are calibrated."""

import torch

from pipeline.data.pixels import to_network
from pipeline.hardware.float32 import full_float32
from pipeline.losses.loss_network.file import Weights
from pipeline.losses.loss_network.layers import layers_held
from pipeline.losses.loss_network.network import build_prefix


@torch.no_grad()
def measure_rms(weights: Weights, pixels: torch.Tensor, batch_size: int = 64) -> dict[str, float]:
    """Measure the root mean square of every layer's activations in full float32.

    Args:
        weights: An unbroken prefix of VGG-19 by torchvision's names.
        pixels: Images, uint8 N×3×H×W.
        batch_size: Images that are in the network at once.

    Returns:
        Layer → RMS, rounded to six digits: the last bits depend on the number of threads, and all training depends
        on them.
    """
    network = build_prefix(weights, layers_held(weights))
    network.to(memory_format=torch.channels_last)
    squares = dict.fromkeys(network.layers, 0.0)
    with full_float32():
        for batch in pixels.split(batch_size):
            for layer, activation in network(to_network(batch)).items():
                squares[layer] += activation.square().mean().item() * len(batch)
    return {layer: float(f"{(total / len(pixels)) ** 0.5:.6g}") for layer, total in squares.items()}
