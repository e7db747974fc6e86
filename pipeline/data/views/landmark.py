"""The part of the image with the face, cut by the landmarks: Hou et al. 2016, section 4.3.5."""

import numpy as np
from PIL import Image

from pipeline.data.upright import upright_crop

FACE_BOX = (32.5, 72, 144.5, 184)  # from the hairline to just below the chin, from ear to ear


def crop(image: Image.Image, size: int, landmarks: np.ndarray) -> np.ndarray:
    """Cut the face; the five landmarks make it upright and of one size.

    RGB image and landmarks 5×2 (x, y in its pixels) → uint8 3×S×S. A typical aligned image has the eyes at (69, 111)
    and (108, 111), the nose at (88, 136) and the corners of the mouth at (72, 152) and (105, 152); there the crop is
    the square of columns 32.5 to 144.5 and rows 72 to 184. In another image, a similarity (turn, scale, shift; no
    mirroring) moves those five points nearest to the landmarks, by least squares, and the square moves with them.
    Pixels outside the image repeat its nearest edge pixel.
    """
    return upright_crop(image, size, landmarks, FACE_BOX)
