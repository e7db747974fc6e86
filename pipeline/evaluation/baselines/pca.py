"""Principal components of the pixels: what a linear map of the same size finds without any network."""

import numpy as np

from pipeline.evaluation.baseline import Faces, Features, Given

FITTED = 20_000  # images of 64×64 pixels, which are 1 GB of float32; of larger ones as many as fill the same


def measure(given: Given) -> Features:
    """Return the first `latent_dim` principal components of each face's pixels.

    They are fitted to training images only. Of many, an evenly spread part is taken. scikit-learn's solver is a
    randomised SVD with a fixed seed (Halko et al. 2011), so that equal images give equal components up to rounding.
    """
    from sklearn.decomposition import PCA

    images = min(given.faces.count("train"), max(1, FITTED * 64**2 // given.image_size**2))
    pixels = evenly_spread(given.faces, images, 3 * given.image_size**2)
    components = min(given.latent_dim, *pixels.shape)
    pca = PCA(components, copy=False, svd_solver="randomized", random_state=given.seed).fit(pixels)
    del pixels
    x = given.faces.features("PCA", lambda batch: pca.transform(flat(batch)))
    return Features("PCA of the pixels", f"The first {components} principal components of the pixels, fitted to "
                    f"{images:,} training images without their labels.", x)


def evenly_spread(faces: Faces, images: int, numbers: int) -> np.ndarray:
    """Return the pixels of so many training images, float32 images×numbers in 0 … 255, evenly spread over the split."""
    chosen = np.linspace(0, faces.count("train") - 1, images).round().astype(int)
    pixels = np.empty((images, numbers), np.float32)
    start = 0
    for batch in faces.batches("train"):
        here = (chosen >= start) & (chosen < start + len(batch))
        pixels[here] = flat(batch[chosen[here] - start])
        start += len(batch)
    return pixels


def flat(pixels: np.ndarray) -> np.ndarray:
    """uint8 N×3×S×S → float32 N×(3·S·S)."""
    return pixels.reshape(len(pixels), -1).astype(np.float32)
