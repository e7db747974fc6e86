"""Pictures for tests: a drawn face on a canvas, encoded; and images that are held in memory."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.data.attributes import no_attributes
from pipeline.data.dataset import Dataset
from pipeline.data.framing import CELEBA_REMEDY, CELEBA_SIZE_REMEDY, Framing
from pipeline.errors import InputError


def encoded(image: Image.Image, form: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@dataclass(frozen=True)
class Held:
    """Images in memory; None for one that cannot be read."""

    stored: dict[str, bytes | None]
    path: Path = Path("photos")

    def read(self, image_id: str) -> bytes:
        data = self.stored[image_id]
        if data is None:
            raise InputError(f"{self.path / image_id} cannot be read (No such file or directory): take it out")
        return data


def dataset_of(stored: dict[str, bytes | None], landmarks: np.ndarray | None = None) -> Dataset:
    ids = np.array(list(stored), dtype=str)
    return Dataset(ids, np.full(len(ids), "train"), no_attributes(len(ids)), landmarks, Held(stored))


def decode(image_id: str, data: bytes, where: str) -> Image.Image:
    """Decode an image of CelebA as the stage prepare does: RGB, 178×218."""
    return Framing("none", CELEBA_REMEDY, CELEBA_SIZE_REMEDY).frame(image_id, data, where, None).image
