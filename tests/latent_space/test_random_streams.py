"""Streams of random numbers have names, and the draws are those of their k."""

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.latent_space import random_streams, sampling

PIPELINE = Path(random_streams.__file__).parents[1]


@pytest.mark.parametrize("folder", ["evaluation", "latent_space"])
def test_no_stream_is_a_bare_number(folder):
    texts = {path: path.read_text() for path in (PIPELINE / folder).rglob("*.py") if path.stem != "random_streams"}
    assert any("random_streams" in text for text in texts.values())
    assert not [path for path, text in texts.items() if re.search(r"default_rng\(\[\w+, \d", text)]


def test_only_the_two_streams_that_are_documented_share_a_k():
    ks = {name: k for name, k in vars(random_streams).items() if name.isupper()}
    shared = {name for name, k in ks.items() if list(ks.values()).count(k) > 1}
    assert shared == {"PRIOR_AND_PERMUTATIONS", "TRAINING_PHOTOGRAPHS"}
    assert sorted(set(ks.values())) == list(range(1, 8))


def test_draws_are_those_of_the_named_stream():
    mu = np.zeros((5, 3), np.float32)
    np.testing.assert_array_equal(sampling.sample_posteriors(mu, mu, seed=2),
                                  np.random.default_rng([2, 1]).standard_normal((5, 3), dtype=np.float32))
