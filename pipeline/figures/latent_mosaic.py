"""Figure 8: faces laid out so that similar latent vectors are neighbours (section 4.3.4)."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.errors import InputError
from pipeline.figures import style
from pipeline.figures.choice import Pixels
from pipeline.latent_space.embedding import embed
from pipeline.vocabulary import SPLITS


def latent_mosaic(path: str | Path, mu: np.ndarray, pixels: Pixels, images: int = 1600,
                  seed: int = 0) -> np.ndarray:
    """Write a square of faces, laid out by t-SNE of their latent vectors; 40×40 in the paper.

    t-SNE gives points of a plane. They are moved to the cells of the square by the assignment with the smallest sum of
    squared distances, so that no face covers another and no cell is empty.

    Args:
        path: of the file; one that ends in .jpg is a fifth as large as one in .png.
        mu: float32 N×D, posterior means.
        pixels: returns those of some of the same faces, by their rows in `mu`.
        images: the square holds at most so many; fewer if the largest possible square does.
        seed: of the choice of faces, and of t-SNE.

    Returns:
        The rows of `mu` in their cells, int side×side.

    Raises:
        InputError: there is no face.
    """
    side = math.isqrt(min(images, len(mu)))
    if side == 0:
        raise InputError("there is no face for the mosaic of latent vectors: the split is empty; give it images")
    chosen = np.random.default_rng(seed).choice(len(mu), side**2, replace=False)
    cells = chosen[to_grid(embed(mu[chosen], seed), side)]

    faces, size = pixels(cells.ravel()), round(style.DENSITY * style.WIDTH / side)
    size = min(size, faces.shape[-1])  # a few large images are not enlarged
    sheet = Image.new("RGB", (side * size, side * size), "white")
    for cell, pixels_of_face in enumerate(faces):
        row, column = divmod(cell, side)
        face = Image.fromarray(np.ascontiguousarray(pixels_of_face.transpose(1, 2, 0)))
        sheet.paste(face.resize((size, size), Image.Resampling.LANCZOS), (column * size, row * size))
    style.write_image(sheet, path)
    return cells


def mosaic_splits(test_images: int, images: int) -> Sequence[str]:
    """Return the splits to take faces from: test if it has enough, else all.

    The paper takes them "from CelebA" (section 4.3.4), whichever split they are in.
    """
    return ("test",) if test_images >= images else SPLITS


def to_grid(points: np.ndarray, side: int) -> np.ndarray:
    """Return for each cell of a grid the number of the point that is laid there.

    Args:
        points: float side²×2, x and y; y points upwards, as in a plot.
        side: number of rows and of columns.

    Returns:
        int side×side.
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
    """Return the mean latent distance of faces side by side in a mosaic, divided by that of all pairs of its faces.

    A random order has 1 on average, and a better one less.

    Args:
        mu: float32 N×D, posterior means.
        cells: what `latent_mosaic` returned, at least 2×2.
    """
    from scipy.spatial.distance import pdist

    z = mu[cells].astype(np.float64)
    beside = [np.linalg.norm(a - b, axis=-1).ravel() for a, b in ((z[1:], z[:-1]), (z[:, 1:], z[:, :-1]))]
    return float(np.concatenate(beside).mean() / pdist(z.reshape(-1, z.shape[-1])).mean())
