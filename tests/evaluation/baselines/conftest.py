"""Faces of which one thing can be seen: whether they are bright."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.data import shard_files
from pipeline.data.attributes import all_known
from pipeline.evaluation.baseline import Faces, Given
from pipeline.vocabulary import ATTRIBUTES, SPLITS
from tests import tiny

IMAGES = {"train": 120, "valid": 40, "test": 40}
VIEW = "eyes"


def write_shards(root: Path, images: dict[str, int] = IMAGES) -> Faces:
    """Write faces whose first attribute is that they are bright. The others are constant or noise."""
    for number, split in enumerate(SPLITS):
        random = np.random.default_rng(number)
        bright = random.random(images[split]) < 0.5
        pixels = tiny.faces(images[split], seed=number) // 2 + np.where(bright, 80, 0)[:, None, None, None]
        attributes = random.random((images[split], 40)) < 0.3
        attributes[:, 0], attributes[:, 1] = bright, True
        ids = np.array([f"{split}-{row:03}.jpg" for row in range(images[split])], dtype=str)
        shard_files.write_part(root, VIEW, split, 0, ids, pixels, all_known(ATTRIBUTES, attributes),
                               np.zeros((images[split], 5, 2), np.int16), about={})
    (root / f"view={VIEW}/_manifest.json").write_text(
        json.dumps({"image_size": tiny.SIZE, "view": VIEW, "images": images, "attributes": ATTRIBUTES}))
    return Faces(root, VIEW)


@pytest.fixture(scope="session")
def given(tmp_path_factory) -> Given:
    """What a baseline is given of these faces."""
    root = tmp_path_factory.mktemp("baselines")
    network = tiny.write_loss_network(root / "loss_network.safetensors", "relu1_2")
    return Given(write_shards(root), tiny.SIZE, 4, (4, 4, 8, 8), ("relu1_1", "relu1_2"), network, 3, 0, 0)


@pytest.fixture(scope="session")
def pixels(given) -> np.ndarray:
    """Return the pixels of all splits, uint8 N×3×S×S."""
    return np.concatenate([batch for split in SPLITS for batch in given.faces.batches(split)])
