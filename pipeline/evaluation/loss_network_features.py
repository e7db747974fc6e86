"""Features of images from one layer of the loss network, for the Fréchet distance."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluation.frechet import ImageFeatures

if TYPE_CHECKING:
    import torch

AT_ONCE = 8  # images on a CPU: few of them stay in its cache while the network computes on them

def loss_network_features(path: Path, layer: str, device: "str | torch.device" = "cpu") -> ImageFeatures:
    """Return a function from images to the activations of one layer, averaged over all places of an image.

    The activations are divided by the layer's RMS over faces, as calibrated, so that distances have the same scale
    for any weights.

    Args:
        path: the loss network's file.
        layer: for example relu3_1.
        device: where the network runs, in full float32.

    Returns:
        A function: uint8 N×3×S×S → float32 N×C.

    Raises:
        InputError: the file does not hold the layer.
    """
    import torch

    from pipeline.data.pixels import to_network
    from pipeline.hardware.float32 import full_float32
    from pipeline.losses.loss_network.network import load_prefix

    network, rms = load_prefix(path, [layer], "sampling.frechet_layer")
    network.to(device)

    on_cpu = torch.device(device).type == "cpu"

    @torch.inference_mode()
    def features(images: np.ndarray) -> np.ndarray:
        pixels = torch.from_numpy(images)
        parts = []
        for few in pixels.split(AT_ONCE) if on_cpu else (pixels,):
            with full_float32():
                activations = network(to_network(few.to(device)))[layer]
            parts.append((activations.mean(dim=(2, 3)) / rms[layer]).cpu())
        return torch.cat(parts).numpy()

    return features
