"""The data of the benchmarks: faces that this project draws, as stored pictures and as a network's input."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline.data.attributes import Attributes
from pipeline.data.views import aligned
from pipeline.drawn_faces.dataset import JPEG_QUALITY, draw_numbered_face
from pipeline.losses.loss_network.file import Weights, write_loss_network
from pipeline.losses.loss_network.sources import random_weights
from pipeline.vocabulary import ATTRIBUTES, LAYERS

SIZE = 64


class Faces(NamedTuple):
    """N drawn faces."""

    jpegs: list[bytes]      # 178×218 pixels
    pixels: np.ndarray      # uint8 N×3×64×64, the view aligned
    attributes: Attributes  # 40
    landmarks: np.ndarray   # int16 N×5×2


def draw(count: int) -> Faces:
    """Draw faces, the first ones of seed 0."""
    jpegs, pixels, values, landmarks = [], [], [], []
    for index in range(count):
        attributes, picture, points = draw_numbered_face(0, index)
        file, image = io.BytesIO(), Image.fromarray(picture)
        image.save(file, "JPEG", quality=JPEG_QUALITY)
        jpegs.append(file.getvalue())
        pixels.append(aligned.crop(image, SIZE))
        values.append(attributes)
        landmarks.append(points)
    known = np.ones((count, len(ATTRIBUTES)), bool)
    return Faces(jpegs, np.stack(pixels), Attributes(ATTRIBUTES, np.stack(values), known),
                 np.stack(landmarks).astype(np.int16))


def write_random_network(path: Path) -> Weights:
    """Write a loss network with random weights, and return them."""
    weights = random_weights(0)
    write_loss_network(path, weights, dict.fromkeys(LAYERS, 1.0), "random")
    return weights
