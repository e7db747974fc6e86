"""How close decoded samples come to photographs: Fréchet distance of features, and blur.

A Fréchet distance estimated from few images is too large, and the more so the fewer they are: compare only numbers
from the same number of images, with the same network and layer.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import InputError

# uint8 N×3×S×S → float N×C.
Features = Callable[[np.ndarray], np.ndarray]
# z float32 N×D → images uint8 N×3×S×S.
Decode = Callable[[np.ndarray], np.ndarray]

# Pixels of the filter that blurs once more to see what changes (Crété et al. 2007). On 64×64 faces, copies blurred with
# a deviation of 1 pixel score higher by 4.1 times the spread between faces with 5, by 2.7 times with the default of 11;
# 3 is near its end there (0.89) and hardly tells a deviation of 1 from 2.
BLUR_SIZE = 5
BATCH = 100


class Moments(NamedTuple):
    """Of the features of N images."""

    mean: np.ndarray        # float64 C
    covariance: np.ndarray  # float64 C×C


def frechet_distance(a: Moments, b: Moments) -> float:
    """‖m1 - m2‖² + Tr(C1 + C2 - 2 (C1 C2)^½): squared 2-Wasserstein distance of the Gaussians with these moments.

    Tr (C1 C2)^½ is the sum of the roots of the eigenvalues of Rᵀ C2 R, where C1 = R Rᵀ. This matrix is symmetric, so
    that it works with fewer images than features too, where covariances have no inverse.
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = vectors * np.sqrt(values.clip(min=0))
    shared = np.sqrt(np.linalg.eigvalsh(root.T @ b.covariance @ root).clip(min=0)).sum()
    distance = np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance) - 2 * shared
    return max(0.0, float(distance))


def moments(features: np.ndarray) -> Moments:
    """Mean and covariance of the rows of float N×C, N ≥ 2."""
    features = np.asarray(features, np.float64)
    return Moments(features.mean(axis=0), np.cov(features, rowvar=False).reshape(features.shape[1], -1))


def moments_by(networks: Mapping[str, Features], images: np.ndarray,
               on_images: Callable[[int], None] = lambda count: None) -> dict[str, Moments]:
    """The moments of the features of `images` (uint8 N×3×S×S) by each network; `on_images` hears of each batch."""
    if len(images) < 2:
        raise InputError(f"{len(images)} images have no covariance; score at least two, test images as well as samples")
    found = {name: [] for name in networks}
    for start in range(0, len(images), BATCH):
        batch = images[start:start + BATCH]
        for name, features in networks.items():
            found[name].append(features(batch))
        on_images(len(batch))
    return {name: moments(np.concatenate(batches)) for name, batches in found.items()}


def sample_quality(decode: Decode, z: np.ndarray, networks: Mapping[str, Features], test: Mapping[str, Moments],
                   on_images: Callable[[int], None] = lambda count: None) -> dict[str, float | int]:
    """Scores of what `z` (float32 N×D) is decoded to: the Fréchet distance to `test` under each network's name,
    `blur`, and `images`, their number.

    `test`: `moments_by` the same networks of the test images.
    """
    images = np.concatenate([decode(z[start:start + BATCH]) for start in range(0, len(z), BATCH)])
    distances = {name: frechet_distance(moments, test[name])
                 for name, moments in moments_by(networks, images, on_images).items()}
    return {**distances, "blur": blur(images), "images": len(images)}


def blur(images: np.ndarray) -> float:
    """Mean over images, uint8 N×3×S×S, of the blur effect of Crété et al. 2007: 0 sharp … 1 blurred."""
    from skimage.measure import blur_effect

    return float(np.mean([blur_effect(image, h_size=BLUR_SIZE, channel_axis=0) for image in images]))


def loss_network_features(path: Path, layer: str, device="cpu") -> Features:
    """Activations of one layer of the loss network at `path`, averaged over the image: float32 N×C.

    They are divided by the layer's RMS over faces, as calibrated, so that distances are of one size for any weights.
    """
    import torch

    from pipeline.data.pixels import to_network
    from pipeline.losses import loss_network
    from pipeline.models.float32 import full_float32

    network, rms = loss_network.load(path, [layer])
    network = network.to(device)

    @torch.inference_mode()
    def features(images: np.ndarray) -> np.ndarray:
        with full_float32():
            activations = network(to_network(torch.from_numpy(images).to(device)))[layer]
        return (activations.mean(dim=(2, 3)) / rms[layer]).cpu().numpy()

    return features
