"""Other forms of single operations, to be measured against those in use."""

import contextlib
import unittest.mock
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn.functional import interpolate

from pipeline.losses.reconstruction import feature
from pipeline.models import upsampled_convolution
from pipeline.models.architectures import vae
from pipeline.models.replication import ReplicationPad
from pipeline.models.upsampled_convolution import convolve_upsampled


def norm(values: torch.Tensor) -> torch.Tensor:
    """The sum of squares in one kernel, without a copy in float32."""
    return torch.linalg.vector_norm(values, dtype=torch.float32).square()


def padded(x: torch.Tensor, convolution: nn.Module) -> torch.Tensor:
    """Upsampling, padding with a gradient of our own, and the convolution."""
    assert isinstance(convolution, nn.Conv2d)
    larger = ReplicationPad.apply(interpolate(x, scale_factor=2))
    return nn.functional.conv2d(larger, convolution.weight, convolution.bias)


def torchs(x: torch.Tensor, convolution: nn.Module) -> torch.Tensor:
    """The three layers as they are, with torch's own gradient of the padding, or its own deterministic one."""
    return convolution(interpolate(x, scale_factor=2))  # type: ignore[no-any-return]


def phases(x: torch.Tensor, convolution: nn.Module) -> torch.Tensor:
    """The processor's form: four 2×2 convolutions of the small image."""
    assert isinstance(convolution, nn.Conv2d)
    upsampled_convolution.SUMS = upsampled_convolution.SUMS.to(x.device)  # a copy in each step would wait
    return convolve_upsampled(x, convolution)


FORMS: dict[str, tuple[object, str, Callable[..., torch.Tensor]]] = {
    "norm": (feature, "sum_of_squares", norm),
    "torch": (vae, "upsample_and_convolve", torchs),
    "padded": (vae, "upsample_and_convolve", padded),
    "phases": (vae, "upsample_and_convolve", phases)}


@contextlib.contextmanager
def applied(names: tuple[str, ...]) -> Iterator[None]:
    """Let some forms take the place of those in use."""
    with contextlib.ExitStack() as stack:
        for name in names:
            module, attribute, function = FORMS[name]
            stack.enter_context(unittest.mock.patch.object(module, attribute, function))
        yield
