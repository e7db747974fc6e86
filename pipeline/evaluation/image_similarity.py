"""PSNR and SSIM of many pairs of images at once.

Both are scikit-image's, which takes one pair at a time: SSIM then needs some milliseconds a pair.
"""

import numpy as np

SIGMA, RADIUS = 1.5, 5  # of SSIM's Gaussian window, in pixels
SMALLEST = 2 * RADIUS + 1  # pixels: the side of that window, 11×11
C1, C2 = 0.01**2, 0.03**2  # of SSIM, for values in 0 … 1
AT_ONCE = 4  # pairs, of which all that is computed fits into a processor's cache


def psnr(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the peak signal-to-noise ratio of each pair of images in dB, infinite for equal images: float64 N.

    Args:
        x: float N×C×S×S, 0 … 1.
        y: the same.
    """
    errors = np.square(x - y).mean(axis=(1, 2, 3), dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(-10 * np.log10(errors))


def ssim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the structural similarity of each pair of images (Wang et al. 2004, eq. 13 and 14), float64 N.

    The window is their Gaussian of 11×11 pixels. The mean is over all places where the window lies within the image,
    and over the channels. All is computed in float64.

    Args:
        x: float N×C×S×S, 0 … 1, S ≥ `SMALLEST`.
        y: the same.

    Returns:
        -1 … 1; 1 for equal images.
    """
    across, down = (window_means(side) for side in x.shape[:1:-1])
    parts = [ssim_of_few(x[start:start + AT_ONCE].astype(np.float64), y[start:start + AT_ONCE].astype(np.float64),
                         across, down) for start in range(0, len(x), AT_ONCE)]
    return np.concatenate([np.empty(0), *parts])


def ssim_of_few(x: np.ndarray, y: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return `ssim` of float64 N×C×S×S. across, down: `window_means` of both directions; the window is separable."""
    fields = np.stack([x, y, x * x + y * y, x * y])  # the sum of both variances is all that SSIM needs of them
    mean_x, mean_y, squares, products = down @ (fields @ across.T)
    both, either = mean_x * mean_y, np.square(mean_x) + np.square(mean_y)
    similarity = ((2 * both + C1) * (2 * (products - both) + C2)) / ((either + C1) * (squares - either + C2))
    return np.asarray(similarity.mean(axis=(1, 2, 3)))


def window_means(side: int) -> np.ndarray:
    """Return the matrix that turns a line of pixels into its means under the Gaussian, (side - 10)×side.

    One product with it takes less time than eleven shifted additions.
    """
    weights = np.exp(-np.arange(-RADIUS, RADIUS + 1)**2 / (2 * SIGMA**2))
    means = np.zeros((side - 2 * RADIUS, side))
    for row, line in enumerate(means):
        line[row:row + SMALLEST] = weights / weights.sum()
    return means
