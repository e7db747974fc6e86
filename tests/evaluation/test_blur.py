"""The blur of images."""

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.data import lfw_subset

from pipeline.evaluation.blur import blur


def test_blurred_copies_of_faces_score_higher():
    faces = np.repeat(np.uint8(255 * lfw_subset()[:30, None]), 3, axis=1)  # 25×25 pixels
    scores = [blur(faces)]
    for deviation in (0.7, 1.0, 2.0):
        scores.append(blur(gaussian_filter(faces, (0, 0, deviation, deviation))))
    assert scores[0] > 0 and scores[-1] < 1 and (np.diff(scores) > 0.04).all()
    sharp = np.random.default_rng(0).integers(0, 256, (4, 3, 64, 64)).astype(np.uint8)
    assert blur(sharp) < 0.3
