"""Faces without a model: a z of 12 numbers, decoded into a smooth coloured picture."""

import numpy as np
import pytest

from pipeline.data.attributes import all_known
from pipeline.vocabulary import ATTRIBUTES


def decode_plainly(z):
    """float32 N×12 → uint8 N×3×16×16, never white: each z fills a 2×2 picture, enlarged."""
    assert z.dtype == np.float32 and z.shape[1] == 12
    return np.kron((128 + 40 * np.tanh(z)).round().astype(np.uint8).reshape(-1, 3, 2, 2), np.ones((8, 8), np.uint8))


@pytest.fixture
def decode():
    return decode_plainly


@pytest.fixture
def mu():
    return np.random.default_rng(0).standard_normal((200, 12), dtype=np.float32)


@pytest.fixture
def attributes():
    random = np.random.default_rng(1)
    values = random.random((200, 40)) < 0.3
    values[:, [ATTRIBUTES.index("Male"), ATTRIBUTES.index("Smiling")]] = random.random((200, 2)) < 0.5
    return all_known(ATTRIBUTES, values)
