"""Figure 4: test faces in the first row, and below them the reconstructions of each variant."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pipeline.figures.choice import Pixels
from pipeline.figures.grid import image_grid

Reconstruct = Callable[[np.ndarray], np.ndarray]  # images uint8 N×3×S×S → their reconstructions, alike


def reconstructions(path: str | Path, images: int, pixels: Pixels, models: Mapping[str, Reconstruct],
                    columns: int = 10, seed: int = 0) -> np.ndarray:
    """Write a row of faces, and one row of their reconstructions per model.

    Args:
        path: of the PNG file.
        images: the number of faces to choose from.
        pixels: returns those of some of them.
        models: label → its reconstructions.
        columns: number of faces; all of them if there are fewer.
        seed: of the choice of faces.

    Returns:
        The rows of the chosen faces, in ascending order.
    """
    chosen = np.sort(np.random.default_rng(seed).choice(images, min(columns, images), replace=False))
    faces = pixels(chosen)
    image_grid(np.concatenate([faces, *(model(faces) for model in models.values())]), len(faces), path,
               row_labels=["input", *models])
    return chosen
