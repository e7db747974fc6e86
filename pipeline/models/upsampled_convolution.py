"""A 3×3 convolution of an image of twice the size, computed on the image itself.

Nearest upsampling repeats each pixel, so a 3×3 convolution behind it sees 2×2 different pixels at each place. Which of
its weights fall on which pixel depends on the place alone, whether its row and its column are even or odd. So four
2×2 convolutions of the small image give the same numbers up to rounding, with 4/9 of the operations, and the large
image is never stored.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv2d, pad

from pipeline.hardware.float32 import full_float32
from pipeline.models.replication import ReplicationPad

# In one dimension, by phase, weight and pixel: the even pixel 2i sees the upsampled pixels 2i-1, 2i, 2i+1, which are
# the small pixels i-1, i, i. The odd pixel 2i+1 sees i, i, i+1.
TAPS = torch.tensor([[[1.0, 0], [0, 1], [0, 1]], [[1, 0], [1, 0], [0, 1]]])
# 16×9: phase and pixel, in two dimensions, by weight.
SUMS = torch.einsum("aip,bjq->abpqij", TAPS, TAPS).reshape(16, 9)


def convolve_upsampled(x: torch.Tensor, convolution: nn.Conv2d) -> torch.Tensor:
    """Return the convolution of images that are scaled ×2 (nearest) and padded by 1 (replication).

    Args:
        x: N×C×H×W.
        convolution: Of 3×3, with stride 1.

    Returns:
        N×D×2H×2W, channels last in memory.
    """
    padded = pad(x, (1, 1, 1, 1), mode="replicate") if x.device.type == "cpu" else ReplicationPad.apply(x)
    y = conv2d(padded, phase_kernels(convolution.weight))
    y = Interleave.apply(y)
    return y if convolution.bias is None else y + convolution.bias[:, None, None].to(y.dtype)


def phase_kernels(weight: torch.Tensor) -> torch.Tensor:
    """Return the 2×2 kernels of the four phases, 4D×C×2×2 channels last, of 3×3 kernels D×C×3×3: sums of weights."""
    with full_float32():  # bfloat16, or TF32 on a GPU, would round the weights twice
        kernels = sums(weight.device, weight.dtype) @ weight.permute(0, 2, 3, 1).flatten(1, 2)  # D×16×C
    return kernels.unflatten(1, (4, 2, 2)).transpose(0, 1).flatten(0, 1).permute(0, 3, 1, 2)


@lru_cache(maxsize=8)
def sums(device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """Return SUMS on a device. A copy in each step would wait for a GPU, and could not be recorded."""
    with torch.inference_mode(False):
        return SUMS.to(device, dtype)


class Interleave(torch.autograd.Function):
    """Four phases, N×4D×(H+1)×(W+1), become an image N×D×2H×2W.

    Phase (a, b) gives the pixels of rows 2i + a and columns 2j + b, from its own row i + a and column j + b.
    """

    @staticmethod
    def forward(context: Any, phases: torch.Tensor) -> torch.Tensor:
        """Return the image, channels last in memory."""
        images, channels, height, width = phases.shape
        shape = (images, height - 1, 2, width - 1, 2, channels // 4)
        image = phases.new_empty(shape)
        copy_phases(image, phases.permute(0, 2, 3, 1), into_image=True)
        return image.view(images, 2 * height - 2, 2 * width - 2, -1).permute(0, 3, 1, 2)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient at the phases."""
        return Separate.apply(gradient)


class Separate(torch.autograd.Function):
    """The transpose of `Interleave`: an image becomes four phases, which are 0 where the image takes nothing."""

    @staticmethod
    def forward(context: Any, image: torch.Tensor) -> torch.Tensor:
        """Return the phases, channels last in memory."""
        images, channels, height, width = image.shape
        pixels = image.permute(0, 2, 3, 1).reshape(images, height // 2, 2, width // 2, 2, channels)
        phases = image.new_zeros((images, height // 2 + 1, width // 2 + 1, 4 * channels))
        copy_phases(pixels, phases, into_image=False)
        return phases.permute(0, 3, 1, 2)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient at the image."""
        return Interleave.apply(gradient)


def copy_phases(image: torch.Tensor, phases: torch.Tensor, into_image: bool) -> None:
    """Copy between an image, N×H×2×W×2×D, and its four phases, N×(H+1)×(W+1)×4D, in place."""
    height, width, channels = image.shape[1], image.shape[3], image.shape[5]
    for phase, (a, b) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        pixels = image[:, :, a, :, b]
        of_phase = phases[:, a:a + height, b:b + width, phase * channels:(phase + 1) * channels]
        if into_image:
            pixels.copy_(of_phase)
        else:
            of_phase.copy_(pixels)
