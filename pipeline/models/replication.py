"""Replication padding by one pixel, for GPUs: channels stay last, and the gradient is the same bit by bit each time."""

from typing import Any

import torch


class ReplicationPad(torch.autograd.Function):
    """Images N×C×H×W → N×C×(H+2)×(W+2), with the pixels of the border repeated once.

    Torch's own padding turns the layout to channels first. Its gradient adds to the border's pixels in any order, and
    its deterministic form sorts all pixels first.
    """

    @staticmethod
    def forward(context: Any, images: torch.Tensor) -> torch.Tensor:
        """Return the padded images, in the memory layout of `images`."""
        rows = torch.cat([images[:, :, :1], images, images[:, :, -1:]], 2)
        return torch.cat([rows[:, :, :, :1], rows, rows[:, :, :, -1:]], 3)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradient at the images: the border's pixels get those of their copies, too."""
        rows = gradient[:, :, 1:-1].clone()
        rows[:, :, 0] += gradient[:, :, 0]
        rows[:, :, -1] += gradient[:, :, -1]
        both = rows[:, :, :, 1:-1].clone()
        both[:, :, :, 0] += rows[:, :, :, 0]
        both[:, :, :, -1] += rows[:, :, :, -1]
        return both
