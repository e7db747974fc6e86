"""Figure 8: faces laid out so that similar latent vectors are neighbours (section 4.3.4)."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.errors import InputError
from pipeline.figures import style

PERPLEXITY = 30  # t-SNE's usual number of neighbours; fewer where there are few images


def latent_mosaic(path: str | Path, mu: np.ndarray, pixels: np.ndarray, images: int = 1600,
                  seed: int = 0) -> np.ndarray:
    """Write a square of at most `images` of the faces themselves, by t-SNE of their latents; 40×40 in the paper.

    `mu` float32 N×D posterior means; `pixels` uint8 N×3×S×S, alike in order. Drawn by the seed: as many as the largest
    square holds. The points of the plane are moved to the cells of the square by the assignment with the smallest sum
    of squared distances, so that no face covers another and no cell is empty. A `path` ending in .jpg is a fifth as
    large as one in .png.

    Returns the rows of `mu` in their cells, int side×side. Raises InputError where there is no face.
    """
    if len(mu) != len(pixels):
        raise ValueError(f"{len(mu)} latents for {len(pixels)} images")
    side = math.isqrt(min(images, len(mu)))
    if side == 0:
        raise InputError("there is no face for the mosaic of latent vectors: the split is empty; give it images")
    chosen = np.random.default_rng(seed).choice(len(mu), side**2, replace=False)
    cells = chosen[to_grid(embed(mu[chosen], seed), side)]

    size = round(style.DENSITY * style.WIDTH / side)
    size = min(size, pixels.shape[-1])  # a few large images are not enlarged
    sheet = Image.new("RGB", (side * size, side * size), "white")
    for (row, column), index in np.ndenumerate(cells):
        face = Image.fromarray(np.ascontiguousarray(pixels[index].transpose(1, 2, 0)))
        sheet.paste(face.resize((size, size), Image.Resampling.LANCZOS), (column * size, row * size))
    style.write_image(sheet, path)
    return cells


def embed(mu: np.ndarray, seed: int) -> np.ndarray:
    """t-SNE (van der Maaten & Hinton 2008) of float32 N×D: float N×2."""
    if len(mu) < 4:  # t-SNE needs a few neighbours
        return np.arange(2 * len(mu), dtype=float).reshape(-1, 2)
    from sklearn.manifold import TSNE  # takes seconds to import

    return TSNE(perplexity=min(PERPLEXITY, (len(mu) - 1) / 3), init="pca", random_state=seed).fit_transform(mu)


def to_grid(points: np.ndarray, side: int) -> np.ndarray:
    """For each cell of a side×side grid the point that is laid there: int side×side, from float side²×2 (x, y).

    y points upwards, as in a plot.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    low, high = points.min(axis=0), points.max(axis=0)
    inside = (points - low) / np.maximum(high - low, 1e-12) * (side - 1)
    row, column = np.divmod(np.arange(side**2), side)
    centres = np.stack([column, side - 1 - row], axis=1)
    _, point = linear_sum_assignment(cdist(centres, inside, "sqeuclidean"))
    return point.reshape(side, side)


def neighbour_distance(mu: np.ndarray, cells: np.ndarray) -> float:
    """Mean latent distance of faces side by side in a mosaic, over that of all pairs of its faces: 1 for a random one.

    `cells`: what `latent_mosaic` returned, at least 2×2.
    """
    from scipy.spatial.distance import pdist

    z = mu[cells].astype(np.float64)
    beside = [np.linalg.norm(a - b, axis=-1).ravel() for a, b in ((z[1:], z[:-1]), (z[:, 1:], z[:, :-1]))]
    return float(np.concatenate(beside).mean() / pdist(z.reshape(-1, z.shape[-1])).mean())
