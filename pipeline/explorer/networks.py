"""Decoders and encoders that run in the page: read from models, rounded to float16, and compared with the models."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from pipeline.explorer.layers import Layer, UnknownLayer, read_layers
from pipeline.explorer.running import as_float16, run
from pipeline.hardware.float32 import full_float32
from pipeline.models.interface import Model

LARGEST = 1 / 255  # of a pixel in 0 … 1, by which the page's faces may differ from the model's


@dataclass(frozen=True)
class Network:
    """A network of the page.

    Attributes:
        layers: what it computes.
        parameters: the weights and biases of its layers in turn, float16.
        difference: by how much its output differs from the model's at most, on the inputs that were tried: of a decoder
            in pixels of 0 … 1, of an encoder in the units of z.
    """

    layers: list[Layer]
    parameters: list[np.ndarray]
    difference: float


def read_decoder(model: Model, z: np.ndarray) -> Network:
    """Return the decoder of a model, as the page runs it.

    An architecture has its decoder's layers in a module `decoder`.

    Args:
        model: in evaluation mode.
        z: float32 N×D, latent vectors on which the page's decoder and the model are compared.

    Raises:
        UnknownLayer: it has a layer that the page cannot run, or its pictures differ by more than `LARGEST`. The
            message is the end of a sentence, behind "it has".
    """
    with full_float32(), torch.no_grad():
        shown = model.decode(torch.from_numpy(z)).numpy()
    network = read_network([part_of(model, "decoder")], z, shown)
    wanted = 3, model.image_size, model.image_size
    if network.layers[-1].after != wanted:
        raise UnknownLayer(f"an output of shape {network.layers[-1].after} in its module decoder, and not {wanted}")
    if not network.difference <= LARGEST:
        raise UnknownLayer(f"pictures that differ from those of the page by up to {255 * network.difference:.2g} grey "
                           "levels of 255, and one is allowed: it does more than its module decoder, or its weights "
                           "are too large for 16 bits")
    return network


def read_encoder(model: Model, images: np.ndarray) -> Network:
    """Return the encoder of a model up to the mean of q(z|x), as the page runs it.

    An architecture has its layers in the modules `encoder` and `mu`.

    Args:
        model: in evaluation mode.
        images: float32 N×3×S×S in -1 … 1, on which the page's encoder and the model are compared.

    Raises:
        UnknownLayer: as `read_decoder`; the means may differ by a hundredth of the largest.
    """
    with full_float32(), torch.no_grad():
        means = model.encode(torch.from_numpy(images))[0].numpy()
    network = read_network([part_of(model, "encoder"), part_of(model, "mu")], images, means)
    if not network.difference <= 0.01 * max(1.0, float(np.abs(means).max())):
        raise UnknownLayer("means of q(z|x) that differ from those of the page: it does more than its modules encoder "
                           "and mu, or its weights are too large for 16 bits")
    return network


def read_network(modules: list[nn.Module], given: np.ndarray, wanted: np.ndarray) -> Network:
    """Return modules that follow each other as a network of the page.

    Args:
        modules: in evaluation mode.
        given: float32 N×D or N×3×S×S, inputs.
        wanted: the model's outputs: images in about -1 … 1, or N×D.
    """
    shape = given.shape[1:] if given.ndim == 4 else (given.shape[1], 1, 1)
    layers = read_layers(modules, (shape[0], shape[1], shape[2]))
    if not layers:
        raise UnknownLayer("no layer with weights")
    parameters = as_float16(layers)
    with np.errstate(invalid="ignore"):
        computed = run(layers, given, parameters)
        if computed.size != wanted.size:
            raise UnknownLayer(f"an output of shape {layers[-1].after}, and the model makes another")
        computed = computed.reshape(wanted.shape)
        if wanted.ndim == 4:  # grey levels in 0 … 1
            computed, wanted = (np.clip(images, -1, 1) / 2 for images in (computed, wanted))
        difference = float(np.abs(computed - wanted).max(initial=0))
    return Network(layers, parameters, difference)


def part_of(model: Model, name: str) -> nn.Module:
    """Return a module of a model by its name; raise UnknownLayer where there is none."""
    part = getattr(model, name, None)
    if not isinstance(part, nn.Module):
        raise UnknownLayer(f"no module {name}, whose layers the page would run")
    return part
