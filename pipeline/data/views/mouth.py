"""The mouth by its landmarks."""

import numpy as np
from PIL import Image

from pipeline.data.upright import upright_crop

MOUTH_BOX = (60.5, 124, 116.5, 180)  # 56×56 around the middle of the mouth


def crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """The mouth, from the bridge of the nose to the chin, brought upright and to one size by the five landmarks.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. Cut as the landmark view is, but the square is the
    one of columns 60.5 to 116.5 and rows 124 to 180 of a typical aligned image.
    """
    return upright_crop(image, size, landmarks, MOUTH_BOX)
