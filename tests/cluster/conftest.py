"""A section `cluster` for all tests of this room."""

import pytest

from pipeline.config.loading import load_params
from tests import tiny


@pytest.fixture
def cluster(monkeypatch):
    """The section `cluster` of params.yaml, without a cluster's address."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return load_params(tiny.PARAMS).cluster
