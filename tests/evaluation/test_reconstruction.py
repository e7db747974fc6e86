"""PSNR, SSIM, blur, feature distance and LPIPS of reconstructions."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.data.pixels import to_network, to_uint8
from pipeline.errors import InputError
from pipeline.evaluation.blur import blur
from pipeline.evaluation.reconstruction import reconstruction_quality


class Darker(nn.Module):
    """Darkens images, and brighter ones more, so that images differ in quality."""

    def forward(self, images):
        return images - 0.1 * (2 + images.mean(dim=(1, 2, 3), keepdim=True))


@pytest.fixture(scope="module")
def pixels():
    random = np.random.default_rng(0)
    noise = random.integers(0, 156, (7, 3, 16, 16))
    return (noise + np.arange(40, 110, 10).reshape(7, 1, 1, 1)).clip(0, 255).astype(np.uint8)


def distance(x, y):
    return (x - y).abs().amax(dim=(1, 2, 3))


def test_psnr_is_averaged_over_images(pixels):
    x = torch.as_tensor(pixels) / 255
    y = ((Darker()(x * 2 - 1)).clamp(-1, 1) + 1) / 2
    mse = ((x - y) ** 2).mean(dim=(1, 2, 3)).tolist()
    quality = reconstruction_quality(Darker(), None, [pixels])
    assert quality["psnr"] == pytest.approx(np.mean([10 * math.log10(1 / error) for error in mse]), abs=1e-3)
    assert quality["images"] == 7 and quality["feature_distance"] is None


def test_no_number_depends_on_the_batch_size(pixels):
    whole = reconstruction_quality(Darker(), distance, [pixels])
    parts = reconstruction_quality(Darker(), distance, iter([pixels[:1], pixels[1:6], pixels[6:]]))
    assert parts == pytest.approx(whole, rel=1e-5)
    assert len({round(q["psnr"], 3) for q in (reconstruction_quality(Darker(), None, [p[None]]) for p in pixels)}) > 1


def test_better_reconstructions_score_better_and_equal_images_have_ssim_one(pixels):
    class Noisy(nn.Module):
        def __init__(self, deviation):
            super().__init__()
            self.deviation = deviation

        def forward(self, images):
            return images + self.deviation * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))

    near, far = (reconstruction_quality(Noisy(d), distance, [pixels]) for d in (0.02, 0.5))
    assert near["psnr"] > far["psnr"] and near["ssim"] > far["ssim"]
    assert near["feature_distance"] < far["feature_distance"]
    assert reconstruction_quality(Noisy(0), None, [pixels])["ssim"] == pytest.approx(1)


def test_blur_is_measured_on_the_reconstructions_as_uint8(pixels):
    class Smooth(nn.Module):
        def forward(self, images):
            return nn.functional.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)

    assert reconstruction_quality(nn.Identity(), None, [pixels])["blur"] == pytest.approx(blur(pixels))
    smooth = to_uint8(Smooth()(to_network(torch.from_numpy(pixels)))).numpy()
    assert reconstruction_quality(Smooth(), None, [pixels])["blur"] == pytest.approx(blur(smooth))
    assert blur(smooth) > blur(pixels) + 0.1


def test_reconstructions_are_clipped_and_the_model_runs_in_eval_mode(pixels):
    class Loud(nn.Module):
        def __init__(self):
            super().__init__()
            self.modes = []

        def forward(self, images):
            self.modes.append(self.training)
            return torch.full_like(images, 1000.0)

    loud = Loud().train()
    quality = reconstruction_quality(loud, lambda x, y: y.amax(dim=(1, 2, 3)), [pixels])
    assert quality["feature_distance"] == 1 and loud.modes == [False] and loud.training
    white = reconstruction_quality(Loud(), distance, [np.full((2, 3, 16, 16), 205, np.uint8)])
    assert white["psnr"] == pytest.approx(20 * math.log10(255 / 50), abs=1e-3)


def test_lpips_is_a_score_of_its_own_and_absent_without_weights(pixels):
    def brightness(x, y):
        return (x.mean(dim=(1, 2, 3)) - y.mean(dim=(1, 2, 3))).abs() / 2

    without = reconstruction_quality(Darker(), distance, [pixels])
    both = reconstruction_quality(Darker(), distance, [pixels[:3], pixels[3:]], brightness)
    alone = reconstruction_quality(Darker(), None, [pixels], lpips=brightness)
    assert "lpips" not in without and set(both) == {*without, "lpips"}
    target = to_network(torch.from_numpy(pixels))
    expected = brightness(target, Darker()(target).clamp(-1, 1)).mean().item()
    assert both["lpips"] == pytest.approx(expected, rel=1e-5) and alone["lpips"] == pytest.approx(expected, rel=1e-5)
    assert {name: both[name] for name in without} == pytest.approx(without, rel=1e-5)
    assert alone["feature_distance"] is None and both["feature_distance"] != pytest.approx(expected, rel=0.01)


def test_an_empty_split_is_refused():
    with pytest.raises(InputError, match="empty"):
        reconstruction_quality(Darker(), None, [])
