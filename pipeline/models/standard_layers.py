"""A model whose decoder runs standard layers alone, for those who take its graph elsewhere."""

import copy

import torch
from torch import nn

from pipeline.models.architectures.vae import Decoder
from pipeline.models.interface import Model


def in_standard_layers(model: Model) -> Model:
    """Return a copy of a model whose decoder runs its layers one by one.

    `vae.Decoder` computes a convolution behind an upsampling on the small image, by views and copies. A graph of these
    has some 300 nodes, takes seconds to trace, and ONNX has no operator for them. The layers that the decoder lists
    compute the same up to rounding.
    """
    copied = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
    for owner in list(copied.modules()):
        for name, child in list(owner.named_children()):
            if isinstance(child, Decoder):
                setattr(owner, name, nn.Sequential(*child))
    return copied
