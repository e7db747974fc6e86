"""Figure 4: test faces in the first row, their reconstructions by each variant below."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pipeline.figures.grid import image_grid


def reconstructions(path: str | Path, images: np.ndarray, models: Mapping[str, Callable[[np.ndarray], np.ndarray]],
                    columns: int = 10, seed: int = 0) -> np.ndarray:
    """Write `columns` faces, chosen by the seed from `images` (uint8 N×3×S×S), and one row per model.

    `models`: label → function from images uint8 N×3×S×S to their reconstructions, alike.
    Returns the rows of `images` that were chosen, in order; fewer where there are fewer.
    """
    chosen = np.sort(np.random.default_rng(seed).choice(len(images), min(columns, len(images)), replace=False))
    faces = np.asarray(images)[chosen]
    image_grid(np.concatenate([faces, *(model(faces) for model in models.values())]), len(faces), path,
               row_labels=["input", *models])
    return chosen
