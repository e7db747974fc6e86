"""Between stored pixels (uint8, 0 … 255), what the networks see (float, -1 … 1) and what metrics see (0 … 1)."""

import torch


def to_network(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 N×3×H×W in 0 … 255 → float32 N×3×H×W in -1 … 1, channels last in memory."""
    return pixels.float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """-1 … 1 → 0 … 1, of any shape and float type."""
    return (images + 1) / 2


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """Float N×3×H×W, clipped to -1 … 1 → uint8 N×3×H×W in 0 … 255, rounded to nearest."""
    return images.float().add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8).contiguous()
