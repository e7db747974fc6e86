"""PSNR and SSIM of many images at once, compared with scikit-image's of one pair at a time."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pipeline.evaluation.image_similarity import AT_ONCE, SMALLEST, psnr, ssim


@pytest.fixture(scope="module")
def pairs():
    """Images and blurred, darker copies of them, more than are computed at a time; the first pair is equal."""
    random = np.random.default_rng(0)
    x = gaussian_filter(random.random((2 * AT_ONCE + 3, 3, 24, 24)), (0, 0, 1, 1))
    y = gaussian_filter(x, (0, 0, 1.5, 0.5)) * random.uniform(0.7, 1, (len(x), 1, 1, 1))
    y[0] = x[0]
    return x.astype(np.float32), y.astype(np.float32)


def skimage_ssim(x, y):
    return structural_similarity(x.astype(np.float64), y.astype(np.float64), channel_axis=0, data_range=1.0,
                                 gaussian_weights=True, sigma=1.5, use_sample_covariance=False)


def test_ssim_is_scikit_images(pairs):
    scores = ssim(*pairs)
    np.testing.assert_allclose(scores, [skimage_ssim(x, y) for x, y in zip(*pairs, strict=True)], rtol=0, atol=1e-12)
    assert scores[0] == pytest.approx(1) and scores[1:].max() < 0.99 and scores.dtype == np.float64


@pytest.mark.parametrize("shape", [(SMALLEST, SMALLEST), (SMALLEST, 30), (17, 12)])
def test_ssim_of_small_and_oblong_images(pairs, shape):
    x, y = (np.resize(images, (2, 3, *shape)) for images in pairs)
    np.testing.assert_allclose(ssim(x, y), [skimage_ssim(*pair) for pair in zip(x, y, strict=True)], atol=1e-12)


def test_psnr_is_scikit_images_and_infinite_for_equal_images(pairs):
    x, y = pairs
    expected = [peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in zip(x[1:], y[1:], strict=True)]
    np.testing.assert_allclose(psnr(x, y)[1:], expected, rtol=1e-6)
    assert psnr(x, y)[0] == np.inf
