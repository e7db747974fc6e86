"""Boxes of faces: from windows, corrected, made square, and thinned.

A box is (left, top, right, bottom) in pixels, float32. As in MTCNN's own MATLAB code, pixels are counted from 1 and
right and bottom are the last pixels inside, so that a box is right - left + 1 pixels wide.
"""

import torch
from torchvision.ops import nms

CELL, STRIDE = 12, 2  # of the proposal network: the side of its window and its step, in pixels
SHRINKING = 0.709  # from one picture of the pyramid to the next; half the area


def pyramid_scales(width: int, height: int, smallest_face: float) -> list[float]:
    """Return the scales at which CELL pixels are a face, from `smallest_face` pixels up to the shorter side."""
    scales = []
    scale, shorter = CELL / smallest_face, min(width, height) * CELL / smallest_face
    while shorter >= CELL:
        scales.append(scale)
        scale, shorter = scale * SHRINKING, shorter * SHRINKING
    return scales


def window_boxes(rows: torch.Tensor, columns: torch.Tensor, scale: float) -> torch.Tensor:
    """Return where windows of the proposal network lie in the picture, float32 N×4.

    Args:
        rows: N, places in the network's output.
        columns: N, likewise.
        scale: of the picture that the network saw, over the picture.
    """
    first = STRIDE * torch.stack([columns, rows], 1).float() + 1
    return torch.cat([(first / scale).floor(), ((first + CELL - 1) / scale).floor()], 1)


def correct(boxes: torch.Tensor, corrections: torch.Tensor, last_pixel: int = 1) -> torch.Tensor:
    """Move the sides of boxes N×4 by corrections N×4, which are shares of the box's width and height.

    `last_pixel` is added to width and height: 1 as the boxes are meant, 0 as MTCNN does it after its first network.
    """
    size = boxes[:, 2:] - boxes[:, :2] + last_pixel
    return boxes + corrections * size.repeat(1, 2)


def make_square(boxes: torch.Tensor) -> torch.Tensor:
    """Lengthen the shorter side of boxes N×4 to the longer one, about the middle."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(1, keepdim=True).values
    first = boxes[:, :2] + (size - side) / 2
    return torch.cat([first, first + side], 1)


def windows_of(boxes: torch.Tensor) -> torch.Tensor:
    """Return the windows of whole pixels that boxes N×4 stand for.

    Returns:
        int64 N×4: left, top, right, bottom in pixels from 0; right and bottom are the first outside. None is empty.
    """
    whole = boxes.floor().long()
    first = whole[:, :2] - 1
    return torch.cat([first, torch.maximum(whole[:, 2:], first + 1)], 1)


def suppress_overlapping(boxes: torch.Tensor, probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    """Return the rows that stay, int64, of highest probability first.

    A box goes if its overlap with a better one, intersection over union, is above `threshold`.
    """
    return nms(boxes, probabilities, threshold)


def suppress_contained(boxes: torch.Tensor, probabilities: torch.Tensor, threshold: float) -> torch.Tensor:
    """Return the rows that stay, int64, of highest probability first.

    A box goes if its intersection with a better one is more than `threshold` of the smaller of the two. torchvision has
    no such rule. The boxes are few here.
    """
    area = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1)
    left = probabilities.argsort(descending=True, stable=True)
    kept = []
    while len(left):
        best, others = left[0], left[1:]
        kept.append(best)
        first = torch.maximum(boxes[best, :2], boxes[others, :2])
        last = torch.minimum(boxes[best, 2:], boxes[others, 2:])
        shared = (last - first + 1).clamp(min=0).prod(1) / torch.minimum(area[best], area[others])
        left = others[shared <= threshold]
    return torch.stack(kept) if kept else left
