"""The mouth, cut by the landmarks."""

import numpy as np
from PIL import Image

from pipeline.data.upright import upright_crop

MOUTH_BOX = (60.5, 124, 116.5, 180)  # 56×56 around the middle of the mouth


def crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """Cut the mouth, from the bridge of the nose to the chin; the five landmarks make it upright and of one size.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. This is the landmark view with another square:
    columns 60.5 to 116.5 and rows 124 to 180 of a typical aligned image.
    """
    return upright_crop(image, size, landmarks, MOUTH_BOX)
