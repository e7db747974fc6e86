"""What measures, compared with plain code for the same numbers: each function times both sides by turns.

Nothing here runs by itself; a bench calls these functions.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from pipeline.data.pixels import to_network
from pipeline.evaluation import linear_svm
from pipeline.evaluation.blur import FILTER_SIZE, blur_effects
from pipeline.evaluation.image_similarity import psnr, ssim
from pipeline.evaluation.loss_network_features import loss_network_features
from pipeline.hardware.float32 import full_float32
from pipeline.losses.loss_network.network import load_prefix


class Seconds(NamedTuple):
    """The shortest times of both sides."""

    ours: float
    plain: float


def by_turns(ours: Callable[[], object], plain: Callable[[], object], rounds: int = 3) -> Seconds:
    """Return the shortest wall times of two functions, each run `rounds` times, one after the other."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, function in zip(times, (ours, plain), strict=True):
            start = time.perf_counter()
            function()
            side.append(time.perf_counter() - start)
    return Seconds(min(times[0]), min(times[1]))


def image_scores(images: np.ndarray, copies: np.ndarray, rounds: int = 3) -> Seconds:
    """Time PSNR, SSIM and blur of images, uint8 N×3×S×S, and copies of them, against scikit-image's, one by one."""
    from skimage.measure import blur_effect
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    x, y = (side.astype(np.float32) / 255 for side in (images, copies))

    def ours() -> None:
        psnr(x, y), ssim(x, y), blur_effects(copies)

    def plain() -> None:
        for a, b, copy in zip(x, y, copies, strict=True):
            peak_signal_noise_ratio(a, b, data_range=1.0)
            structural_similarity(a, b, channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5,
                                  use_sample_covariance=False)
            blur_effect(copy, h_size=FILTER_SIZE, channel_axis=0)

    return by_turns(ours, plain, rounds)


def frechet_features(network: Path, layer: str, images: np.ndarray, rounds: int = 3) -> Seconds:
    """Time the loss network's features of images, uint8 N×3×S×S, against all of them in one batch, channels first.

    Args:
        network: a file of `write_loss_network`.
        layer: of the network, for example relu4_1.
        images: so many that features a second are their number over the seconds.
        rounds: of each side.
    """
    features = loss_network_features(network, layer)
    plain_network, _ = load_prefix(network, [layer], "layer")
    plain_network.to(memory_format=torch.contiguous_format)

    @torch.no_grad()
    def plain() -> None:
        with full_float32():
            plain_network(to_network(torch.from_numpy(images)).contiguous())[layer].mean(dim=(2, 3))

    return by_turns(lambda: features(images), plain, rounds)


def svms(x: np.ndarray, y: np.ndarray, C: float, rounds: int = 1) -> Seconds:
    """Time an SVM for each column of y, bool N×K, on features, float N×D, against scikit-learn's LinearSVC."""
    from sklearn.svm import LinearSVC

    standardised = (x - x.mean(axis=0)) / np.where(x.std(axis=0) == 0, 1, x.std(axis=0))

    def plain() -> None:
        for labels in y.T:
            if labels.any() and not labels.all():
                LinearSVC(C=C, dual=False, max_iter=10_000).fit(standardised, labels)

    return by_turns(lambda: linear_svm.fit_standardised(x, y, [C]), plain, rounds)
