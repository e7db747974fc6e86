"""The loss network's own features: what does the VAE add to the network that taught it?"""

import numpy as np

from pipeline.evaluation.baseline import Features, Given


def measure(given: Given) -> Features:
    """Return the activations of loss.layers, each channel's mean over all places of the face, layer after layer.

    Raises:
        InputError: the loss network's file does not hold one of the layers.
    """
    import torch

    from pipeline.data.pixels import to_network
    from pipeline.hardware.float32 import full_float32
    from pipeline.hardware.gpu import best_device
    from pipeline.losses.loss_network.network import load_prefix

    network, _ = load_prefix(given.loss_network, given.layers, "loss.layers")
    network.to(device := best_device())

    @torch.inference_mode()
    def pooled(pixels: np.ndarray) -> np.ndarray:
        parts = []
        for part in torch.from_numpy(pixels).split(128):
            with full_float32():
                activations = network(to_network(part.to(device)))
            parts.append(torch.cat([activations[layer].mean(dim=(2, 3)) for layer in given.layers], dim=1).cpu())
        return torch.cat(parts).numpy()

    x = given.faces.features("loss network", pooled)
    return Features("loss network, pooled", f"The activations of {', '.join(given.layers)} of the loss network, each "
                    f"channel's mean over all places of the face, {x.shape[1]} dimensions.", x)
