"""The aligned face, mirrored."""

import numpy as np
from PIL import Image

from pipeline.data.views import aligned


def crop(image: Image.Image, size: int, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Mirror the aligned crop (columns 15 to 163, rows 40 to 188) left to right.

    RGB image → uint8 3×S×S. The landmarks are not used.
    """
    return aligned.crop(image, size)[:, :, ::-1]
