"""Windows of a picture at any size, by means over areas, read from its summed-area table (Crow 1984)."""

import numpy as np
import torch


def summed_area_table(pixels: np.ndarray) -> torch.Tensor:
    """Return the sums over all rectangles that begin in the upper left corner.

    Args:
        pixels: uint8 H×W×3.

    Returns:
        int64 3×(H+1)×(W+1). Sums of whole numbers are exact, whatever their order.
    """
    height, width, channels = pixels.shape
    sums = np.zeros((channels, height + 1, width + 1), np.int64)
    pixels.transpose(2, 0, 1).astype(np.int64).cumsum(1, out=sums[:, 1:, 1:]).cumsum(2, out=sums[:, 1:, 1:])
    return torch.from_numpy(sums)


def cut(table: torch.Tensor, windows: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Cut windows out of a picture and bring them to one size.

    Each pixel is the mean of the pixels that it covers in the picture, even in part: torch's "area" interpolation.
    Outside of the picture all is black, as where the networks were trained.

    Args:
        table: of `summed_area_table`.
        windows: int64 N×4: left, top, right, bottom in pixels from 0; right and bottom are the first outside.
        height: h of the result, in pixels.
        width: w, likewise.

    Returns:
        float32 N×3×h×w in 0 … 255.
    """
    left, right = edges(windows[:, 0], windows[:, 2], width)  # N×w
    top, bottom = edges(windows[:, 1], windows[:, 3], height)
    area = (bottom - top)[:, :, None] * (right - left)[:, None, :]
    left, right = (side.clamp(0, table.shape[2] - 1)[:, None, :] for side in (left, right))
    top, bottom = (side.clamp(0, table.shape[1] - 1)[:, :, None] for side in (top, bottom))
    sums = table[:, bottom, right] - table[:, bottom, left] - table[:, top, right] + table[:, top, left]
    return (sums.double() / area).float().transpose(0, 1)


def edges(first: torch.Tensor, last: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Divide lengths into `count` stretches each, whole pixels, which overlap where `count` does not divide a length.

    Args:
        first: int64 N, where the lengths begin.
        last: int64 N, the first pixels behind them.
        count: of stretches.

    Returns:
        int64 N×count: where the stretches begin, and the first pixels behind them.
    """
    number = torch.arange(count, device=first.device)
    length = (last - first)[:, None]
    begin = number * length // count
    end = ((number + 1) * length + count - 1) // count
    return first[:, None] + begin, first[:, None] + end
