"""The face with its hair, as CelebA aligns it by the eyes."""

import numpy as np
from PIL import Image

ALIGNED_BOX = (15, 40, 163, 188)  # left, top, right, bottom: Larsen et al. (arXiv 1512.09300), whom the paper follows


def crop(image: Image.Image, size: int, landmarks: np.ndarray | None = None) -> np.ndarray:
    """Cut rows 40 to 188 and columns 15 to 163 (148×148) of the 178×218 image; scale with an antialiased bicubic.

    RGB image → uint8 3×S×S. The landmarks are not used.
    """
    crop = image.resize((size, size), Image.Resampling.BICUBIC, box=ALIGNED_BOX)
    return np.asarray(crop).transpose(2, 0, 1)
