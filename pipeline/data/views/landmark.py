"""The face part by its landmarks: Hou et al. 2016, section 4.3.5."""

import numpy as np
from PIL import Image

from pipeline.data.upright import upright_crop

FACE_BOX = (32.5, 72, 144.5, 184)  # hairline to just under the chin, outer end of one ear to that of the other


def crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """The face part, brought upright and to one size by the five landmarks.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. In a typical aligned image, with the eyes at
    (69, 111) and (108, 111), the nose at (88, 136) and the corners of the mouth at (72, 152) and (105, 152), it is the
    square of columns 32.5 to 144.5 and rows 72 to 184. In another, it is where the similarity (turn, scale, shift; no
    mirroring) that brings those five points nearest to the landmarks, by least squares, carries that square. What
    lies outside the image is filled with its nearest edge pixel.
    """
    return upright_crop(image, size, landmarks, FACE_BOX)
