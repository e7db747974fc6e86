import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from pipeline.data.detection.windows import cut, summed_area_table

PIXELS = np.random.default_rng(1).integers(0, 256, (37, 50, 3), dtype=np.uint8)


def cut_one(window, height=24, width=24, pixels=PIXELS) -> torch.Tensor:
    return cut(summed_area_table(pixels), torch.tensor([window]), height, width)[0]


@pytest.mark.parametrize("window", [(0, 0, 50, 37), (3, 5, 44, 30), (20, 10, 27, 15), (49, 36, 50, 37)])
def test_a_window_is_what_area_interpolation_makes_of_it(window):
    left, top, right, bottom = window
    crop = torch.from_numpy(PIXELS[top:bottom, left:right].copy()).permute(2, 0, 1)[None].float()
    expected = interpolate(crop, (24, 20), mode="area")[0]
    assert torch.allclose(cut_one(window, 24, 20), expected, atol=1e-4)


@pytest.mark.parametrize("window", [(-7, -4, 20, 25), (30, 20, 61, 44), (-10, -10, 60, 60), (60, 40, 70, 50)])
def test_outside_of_the_picture_all_is_black(window):
    padded = np.pad(PIXELS, ((40, 40), (40, 40), (0, 0)))
    inside = tuple(side + 40 for side in window)
    assert torch.allclose(cut_one(window), cut_one(inside, pixels=padded), atol=1e-4)


def test_windows_do_not_mix():
    windows = torch.tensor([[0, 0, 12, 12], [-5, 4, 60, 30], [7, 3, 9, 30]])
    together = cut(summed_area_table(PIXELS), windows, 24, 24)
    assert together.shape == (3, 3, 24, 24) and together.dtype == torch.float32
    for row, window in enumerate(windows.tolist()):
        assert torch.equal(together[row], cut_one(window))


def test_no_windows_give_none():
    assert cut(summed_area_table(PIXELS), torch.zeros(0, 4, dtype=torch.long), 48, 48).shape == (0, 3, 48, 48)
