"""Other forms of single operations, to be measured against those in use."""

import contextlib
import unittest.mock
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn.functional import interpolate, pad

from pipeline.losses.reconstruction import feature
from pipeline.models import upsampled_convolution, vgg19
from pipeline.models.architectures import vae
from pipeline.training import precision


def three_layers(x: torch.Tensor, convolution: nn.Conv2d) -> torch.Tensor:
    """Return what the decoder's upsampling, padding and convolution give, one after the other."""
    return convolution(interpolate(x, scale_factor=2))


def padded_by_torch(x: torch.Tensor) -> torch.Tensor:
    """Return x with its border repeated, by torch's own function."""
    return pad(x, (1, 1, 1, 1), mode="replicate")


def squared_copy(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of squares, over a copy in float32."""
    return values.float().square().sum()


class PadByTorch:
    """Stands for `ReplicationPad`."""

    apply = staticmethod(padded_by_torch)


FORMS: dict[str, tuple[object, str, Callable[..., object] | type]] = {
    "decoder: three layers": (vae, "convolve_upsampled", three_layers),
    "decoder: torch's padding": (upsampled_convolution, "ReplicationPad", PadByTorch),
    "loss: squares of a copy": (feature, "sum_of_squares", squared_copy),
    "VGG-19: biases before pooling": (vgg19, "adds_biases_late", lambda device: False),
    "bf16 and full float32": (precision, "tf32", lambda name: name == "tf32")}


@contextlib.contextmanager
def applied(names: tuple[str, ...]) -> Iterator[None]:
    """Let some forms take the place of those in use."""
    with contextlib.ExitStack() as stack:
        for name in names:
            module, attribute, other = FORMS[name]
            stack.enter_context(unittest.mock.patch.object(module, attribute, other))
        yield
