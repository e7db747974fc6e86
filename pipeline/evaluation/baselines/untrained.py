"""The VAE's encoder before training: what its architecture alone finds."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluation.baseline import Features, Given

if TYPE_CHECKING:
    from pipeline.models.architectures.vae import VAE

BATCHES, BATCH = 8, 256  # of training images, over which batch norm takes its statistics


def measure(given: Given) -> Features:
    """Return the posterior means of the VAE with the initial weights of the variants' trainings, `latent_dim` each.

    Batch norm in evaluation mode divides by running statistics, which a training gathers. At first they are 0 and 1,
    as no layer's are: activations would shrink from layer to layer until only the bias of the last is left. So they
    are first measured over 2,048 training images, without labels and without a change of the weights.
    """
    from pipeline.latent_space.encoding import encode

    vae = initial_vae(given)
    calibrate_batch_norm(vae, islice(given.faces.batches("train", BATCH), BATCHES))
    x = given.faces.features("untrained encoder", lambda pixels: encode(vae, pixels)[0])
    return Features("untrained encoder", "The posterior means of the VAE with its initial weights; only batch norm has "
                    f"seen images, at most {BATCHES * BATCH:,} of the training split without their labels.", x)


def initial_vae(given: Given) -> "VAE":
    """Build the VAE with the weights with which the training of a variant of this architecture begins."""
    import torch

    from pipeline.models.architectures.vae import VAE

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.train_seed)
        return VAE(given.latent_dim, given.image_size, given.channels)


def calibrate_batch_norm(vae: "VAE", batches: Iterable[np.ndarray]) -> None:
    """Set the running statistics of the encoder's batch norms to their mean over batches, uint8 N×3×S×S each.

    The VAE moves to a GPU if there is one, and is in evaluation mode afterwards.
    """
    import torch
    from torch import nn

    from pipeline.data.pixels import to_network
    from pipeline.hardware.float32 import full_float32
    from pipeline.hardware.gpu import best_device

    for layer in vae.encoder.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the mean over all batches instead of a moving one
    vae.to(best_device()).train()
    with torch.no_grad(), full_float32():
        for pixels in batches:
            vae.encoder(to_network(torch.from_numpy(pixels).to(best_device())))
    vae.eval()
