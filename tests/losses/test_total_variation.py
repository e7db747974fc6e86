"""Total variation by hand."""

import pytest
import torch

from pipeline.losses.terms.total_variation import TotalVariation


def test_by_hand():
    image = torch.tensor([[0.0, 1.0], [3.0, 2.0]]).expand(2, 3, 2, 2)
    # differences: 3 and 1 down the columns, 1 and 1 along the rows
    assert TotalVariation()(image, image).item() == pytest.approx(2.0 + 1.0)
    assert TotalVariation()(torch.ones(2, 3, 4, 4), image).item() == 0
