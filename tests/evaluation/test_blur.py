"""The blur of images."""

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.data import lfw_subset
from skimage.measure import blur_effect

from pipeline.evaluation.blur import AT_ONCE, FILTER_SIZE, blur, blur_effects


def test_blurred_copies_of_faces_score_higher():
    faces = np.repeat(np.uint8(255 * lfw_subset()[:30, None]), 3, axis=1)  # 25×25 pixels
    scores = [blur(faces)]
    for deviation in (0.7, 1.0, 2.0):
        scores.append(blur(gaussian_filter(faces, (0, 0, deviation, deviation))))
    assert scores[0] > 0 and scores[-1] < 1 and (np.diff(scores) > 0.04).all()
    sharp = np.random.default_rng(0).integers(0, 256, (4, 3, 64, 64)).astype(np.uint8)
    assert blur(sharp) < 0.3


def test_every_image_scores_as_by_skimage():
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (AT_ONCE + 3, 3, 20, 20))
    images[1:] = gaussian_filter(images[1:], (0, 0, 1.0, 2.0))  # another direction is more blurred
    images[2] = 77  # nothing to blur
    images = images.astype(np.uint8)
    expected = [blur_effect(image, h_size=FILTER_SIZE, channel_axis=0) for image in images]
    np.testing.assert_allclose(blur_effects(images), expected, rtol=0, atol=1e-12)
    assert expected[2] == 1 and len(set(expected)) == len(images) and blur(images) == np.mean(blur_effects(images))
    oblong = images[:, :, :, :9]
    np.testing.assert_allclose(blur_effects(oblong), [
        blur_effect(image, h_size=FILTER_SIZE, channel_axis=0) for image in oblong], rtol=0, atol=1e-12)
