"""The supervised ceiling: the VAE's encoder with an output per attribute, trained on the labels themselves.

A training is not resumed when it is interrupted: it begins again. At CelebA's size an epoch takes a minute or two on a
GPU; on a CPU leave this baseline out.
"""

import contextlib
import copy
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from pipeline.data import shards
from pipeline.data.attributes import Attributes
from pipeline.errors import InputError
from pipeline.evaluation.baseline import Decisions, Given, check_validation_images

if TYPE_CHECKING:
    import torch
    from torch import nn

BATCH, LEARNING_RATE = 64, 1e-3  # images in a step; Adam's rate, the same in all epochs
ORDER = 1  # the stream of random numbers that decides the order of images, and which are mirrored


def measure(given: Given) -> Decisions:
    """Train the network, and return the logits of the epoch with the lowest loss on validation images.

    The loss is the mean binary cross-entropy of all known values of all attributes. Half of the images are mirrored,
    others in every epoch. The pixels of the training split are held as bytes, 2 GB for CelebA at 64×64.

    Raises:
        InputError: there are no training or no validation images, their attributes are all unknown, or the training
            diverged.
    """
    import torch

    from pipeline.hardware.eager import without_compiler
    from pipeline.hardware.gpu import best_device

    check_validation_images(given.faces, "supervised")
    device = best_device()
    train = shards.load(given.faces.root, given.faces.view, "train")
    of_valid = shards.load_attributes(given.faces.root, ["valid"], given.faces.view)[2]
    check_known(train.attributes, of_valid)
    valid_labels, valid_known = torch.from_numpy(of_valid.values).float(), torch.from_numpy(of_valid.known)
    network = initial_network(given, len(of_valid.names)).to(device)
    optimizer = without_compiler(torch.optim.Adam)(network.parameters(), LEARNING_RATE)
    best, best_epoch, weights = float("inf"), 0, network.state_dict()
    with reproducible(), tqdm(total=given.epochs * len(train.pixels), unit=" images", desc="supervised",
                              mininterval=5) as bar:
        for epoch in range(1, given.epochs + 1):
            for pixels, labels, known in shuffled(train, given.train_seed, epoch):
                step(network, optimizer, pixels.to(device), labels.to(device), known)
                bar.update(len(pixels))
            loss = loss_of_known(torch.from_numpy(decide(network, given, "valid")), valid_labels, valid_known).item()
            bar.set_postfix(valid_loss=f"{loss:.4f}")
            if not math.isfinite(loss):
                raise InputError(f"the training of the baseline supervised diverged: its loss on validation images is "
                                 f"{loss} after epoch {epoch}; set another train.seed, or leave it out of "
                                 "baselines.methods")
            if loss < best:
                best, best_epoch, weights = loss, epoch, copy.deepcopy(network.state_dict())
        network.load_state_dict(weights)
        valid, test = decide(network, given, "valid"), decide(network, given, "test")
    return Decisions("supervised network", f"The VAE’s encoder with {len(of_valid.names)} outputs instead of the "
                     f"latent vector, trained on the labels of the training split for {given.epochs} epochs; the "
                     f"validation loss chose epoch {best_epoch}, so its validation accuracy is that of the images by "
                     "which it was chosen. It has no SVM, and learns nothing else from the validation labels.",
                     valid, test)


def check_known(train: Attributes, valid: Attributes) -> None:
    """Raise InputError unless there are known values to train with and to choose the epoch with."""
    for split, attributes in (("train", train), ("valid", valid)):
        if not attributes.known.any():
            raise InputError(f"baselines.methods has supervised, which needs known attributes of images of the split "
                             f"{split}, and there are none; name the values, or leave it out")


def initial_network(given: Given, outputs: int) -> "nn.Module":
    """Build the VAE's encoder and a linear layer of K logits: images N×3×S×S in -1 … 1 → N×K. outputs: K."""
    import torch
    from torch import nn

    from pipeline.models.architectures.vae import Encoder
    from pipeline.models.initialize import initialize

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.train_seed)
        encoder = Encoder(given.channels)
        width = given.channels[-1] * (given.image_size // 2 ** len(given.channels)) ** 2
        network = nn.Sequential(encoder, nn.Linear(width, outputs)).apply(initialize)
    return network.to(memory_format=torch.channels_last)


def shuffled(train: shards.Faces, seed: int, epoch: int
             ) -> Iterator[tuple["torch.Tensor", "torch.Tensor", "torch.Tensor"]]:
    """Yield all training images in the order of an epoch.

    Yields:
        Pixels, uint8 n×3×S×S; labels, float32 n×K; and which of these are known, bool n×K.
    """
    import torch

    random = np.random.default_rng([seed, ORDER, epoch])
    order, mirrored = random.permutation(len(train.pixels)), random.random(len(train.pixels)) < 0.5
    for start in range(0, len(order), BATCH):
        rows = order[start:start + BATCH]
        pixels = train.pixels[rows]
        pixels[mirrored[rows]] = pixels[mirrored[rows], :, :, ::-1]
        labels = train.attributes.of_rows(rows)
        yield torch.from_numpy(pixels), torch.from_numpy(labels.values).float(), torch.from_numpy(labels.known)


def step(network: "nn.Module", optimizer: "torch.optim.Optimizer", pixels: "torch.Tensor", labels: "torch.Tensor",
         known: "torch.Tensor") -> None:
    """Update the network by one batch, as `shuffled` yields it; pixels and labels are on the network's device."""
    from pipeline.data.pixels import to_network

    network.train()
    optimizer.zero_grad()
    loss_of_known(network(to_network(pixels)), labels, known).backward()
    optimizer.step()


def loss_of_known(logits: "torch.Tensor", labels: "torch.Tensor", known: "torch.Tensor") -> "torch.Tensor":
    """Return the mean binary cross-entropy of the known labels, a scalar; 0 where none is known.

    Args:
        logits: float32 n×K.
        labels: float32 n×K, 0 or 1.
        known: bool n×K, on the CPU, so that a GPU need not be waited for.
    """
    from torch.nn import functional

    if known.all():
        return functional.binary_cross_entropy_with_logits(logits, labels)
    each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return (each * known.to(each.device)).sum() / max(1, int(known.sum()))


def decide(network: "nn.Module", given: Given, split: str) -> np.ndarray:
    """Return the logits of all images of a split, float32 N×K."""
    import torch

    from pipeline.data.pixels import to_network

    *_, bias = network.parameters()  # that of the last layer
    device = bias.device
    network.eval()
    with torch.no_grad():
        parts = [network(to_network(torch.from_numpy(pixels).to(device))).cpu()
                 for pixels in given.faces.batches(split)]
    return torch.cat([torch.empty(0, len(bias)), *parts]).numpy()


@contextlib.contextmanager
def reproducible() -> Iterator[None]:
    """Compute in full float32, and on a GPU with convolutions that give the same each time."""
    import torch

    from pipeline.hardware.float32 import full_float32

    with full_float32(), torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True,
                                                    allow_tf32=False):
        yield
