"""The eyes, cut by the landmarks."""

import numpy as np
from PIL import Image

from pipeline.data.upright import upright_crop

EYES_BOX = (56.5, 79, 120.5, 143)  # 64×64 around the middle of the eyes


def crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """Cut the eyes, from the brows to the tip of the nose; the five landmarks make them upright and of one size.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. This is the landmark view with another square:
    columns 56.5 to 120.5 and rows 79 to 143 of a typical aligned image.
    """
    return upright_crop(image, size, landmarks, EYES_BOX)
