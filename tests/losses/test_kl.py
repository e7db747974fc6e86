"""The KL term."""

import torch
from torch.distributions import Normal, kl_divergence

from pipeline.losses.kl import active_units, kl_per_dimension


def test_the_closed_form_is_the_divergence():
    torch.manual_seed(0)
    mu, logvar = torch.randn(5, 7) * 2, torch.randn(5, 7)
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_per_dimension(mu, logvar), expected)
    assert kl_per_dimension(mu, logvar).shape == (5, 7)


def test_zero_where_the_posterior_is_the_prior():
    assert not kl_per_dimension(torch.zeros(2, 3), torch.zeros(2, 3)).any()


def test_half_precision_is_computed_in_float32():
    mu = torch.full((1, 1), 300.0, dtype=torch.float16)  # its square overflows float16
    kl = kl_per_dimension(mu, torch.zeros(1, 1, dtype=torch.float16))
    assert kl.dtype == torch.float32 and kl.item() == 45000.0


def test_active_units_count_dimensions_whose_mean_varies():
    torch.manual_seed(0)
    spread = torch.tensor([0.0, 0.05, 0.2, 1.0])  # variances 0, 0.0025, 0.04, 1
    offset = torch.tensor([5.0, 0.0, -3.0, 0.0])  # a constant mean does not make a dimension active
    mu = torch.randn(2000, 4) * spread + offset
    assert active_units(mu) == 2
    assert active_units(mu, threshold=0.001) == 3
    assert isinstance(active_units(mu), int)
