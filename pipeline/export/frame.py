"""Where a face must lie in the image that the encoder takes."""

from collections.abc import Mapping
from typing import Any

from pipeline.data.celeba_layout import POINTS, TEMPLATE
from pipeline.data.views.aligned import ALIGNED_BOX

NAMES = dict(zip(POINTS, ("left_eye", "right_eye", "nose", "left_mouth_corner", "right_mouth_corner"), strict=True))


def frame(image_size: int, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return how images must be made for the encoder, as config.json says it.

    Args:
        image_size: side of the images in pixels.
        manifest: of the view aligned.

    Returns:
        Facts on the pixels, and `landmarks`: name → [x, y] in pixels, x to the right and y down, from the image's upper
        left corner, left and right as the viewer sees them. There are none where the training images are plain square
        crops.
    """
    facts: dict[str, Any] = {
        "image_size": image_size, "layout": "N×3×S×S, float32", "channels": "RGB",
        "value_range": [-1, 1], "from_uint8": "x = pixels / 127.5 - 1"}
    if manifest.get("align") == "crop":
        return facts | {"landmarks": {}, "note": "the training images are square crops of photographs; faces lie where "
                                                 "they lay in these"}
    left, top, right, bottom = ALIGNED_BOX
    scale = image_size / (right - left), image_size / (bottom - top)
    places = (TEMPLATE - (left, top)) * scale
    return facts | {
        "landmarks": {NAMES[point]: [round(float(value), 2) for value in place]
                      for point, place in zip(POINTS, places, strict=True)},
        "note": "typical places; turn, scale and shift a photograph so that its face has them, by least squares"}
