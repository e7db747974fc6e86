"""What the loss network sees while it is taught."""

import numpy as np
import pytest
import torch

from pipeline.data.pixels import to_network
from pipeline.losses.teaching import augmentation, recipe
from pipeline.losses.teaching.augmentation import TRAINING, VALIDATION, examples, generator
from tests.tiny import faces

SIZE = 64


def dots(points: np.ndarray) -> torch.Tensor:
    """Return dark images N×3×S×S with a bright dot at each of N points in -1 … 1."""
    centres = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x, y = points[:, 0, None, None], points[:, 1, None, None]
    bright = np.exp(-((centres[None, None] - x)**2 + (centres[None, :, None] - y)**2) / 0.003)
    return torch.from_numpy(np.repeat(bright[:, None] * 2 - 1, 3, axis=1).astype(np.float32))


def test_landmarks_move_with_the_picture(monkeypatch):
    """A dot is found where its landmark has moved."""
    monkeypatch.setattr(recipe, "COLOUR", 0.0)
    monkeypatch.setattr(recipe, "BRIGHTNESS", 0.0)
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (32, 2)).astype(np.float32)
    landmarks = torch.from_numpy(np.repeat(points[:, None], 5, axis=1))
    seen = examples(dots(points), landmarks, generator(0, TRAINING, 0))
    centres = torch.from_numpy(((np.arange(SIZE) + 0.5) / SIZE * 2 - 1).astype(np.float32))
    brightness = (seen.picture[:, 0] + 1).clamp(min=0.2) - 0.2
    total = brightness.sum((1, 2))
    found = torch.stack([(brightness.sum(1) * centres).sum(1) / total, (brightness.sum(2) * centres).sum(1) / total], 1)
    inside = (seen.landmarks[:, 0].abs() < 0.75).all(1)
    assert inside.sum() > 15 and (seen.landmarks[:, 0] - landmarks[:, 0]).norm(dim=1).mean() > 0.1
    assert (found - seen.landmarks[:, 0]).norm(dim=1)[inside].max() < 2 / SIZE  # a pixel


def test_what_is_seen_is_a_function_of_seed_purpose_and_step():
    images, landmarks = to_network(torch.from_numpy(faces(8))), torch.zeros(8, 5, 2)

    def seen(*key):
        return examples(images, landmarks, generator(*key)).noisy

    assert torch.equal(seen(0, TRAINING, 3), seen(0, TRAINING, 3))
    for other in ((1, TRAINING, 3), (0, VALIDATION, 3), (0, TRAINING, 4)):
        assert not torch.equal(seen(0, TRAINING, 3), seen(*other))


def test_an_image_has_noise_of_one_kind_or_none():
    noise = augmentation.draw_noise(40, 16, generator(0, TRAINING, 0))
    assert noise.shape == (40, recipe.NOISE_CHANNELS, 16, 16)
    along_rows = (noise == noise[..., :1]).all(dim=(1, 2, 3))
    along_columns = (noise == noise[..., :1, :]).all(dim=(1, 2, 3))
    kinds = [(bool(rows), bool(columns)) for rows, columns in zip(along_rows, along_columns, strict=True)]
    assert kinds == [(False, False), (True, False), (False, True), (True, True)] * 10
    assert not noise[3::4].any() and noise.std() == pytest.approx(0.15, abs=0.03)


def test_the_picture_is_in_range_and_noise_is_added_to_it():
    images = to_network(torch.from_numpy(faces(16)))
    seen = examples(images, torch.zeros(16, 5, 2), generator(0, TRAINING, 1))
    assert seen.picture.abs().max() <= 1 and torch.equal(seen.noisy, seen.picture + seen.noise)
    assert (seen.picture - images).abs().mean() > 0.1
