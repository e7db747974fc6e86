"""What `benchmarks.gpu` does without a GPU: other forms compute the same, and the page holds what was measured."""

import pytest
import torch

from benchmarks.gpu import forms
from benchmarks.gpu.page import page
from pipeline.losses.reconstruction import feature
from pipeline.models.architectures import vae

BASE = {"images_per_second": 14_000.4, "ms": 4.57, "first_seconds": 1.24, "of_rate": 0.083, "gib": 2.8}


@pytest.mark.parametrize("name", [name for name in forms.FORMS if name.startswith("decoder")])
def test_other_forms_of_the_decoder_compute_the_same(name):
    torch.manual_seed(0)
    decoder, z = vae.VAE(8, 32, (4, 8, 8, 16)).decoder.double(), torch.randn(3, 8, dtype=torch.double)
    expected = decoder(z)
    with forms.applied((name,)):
        torch.testing.assert_close(decoder(z), expected)


def test_the_other_sum_of_squares_is_the_same():
    values, inside = torch.randn(2, 3, 4, 4), []
    with forms.applied(("loss: squares of a copy",)):
        inside.append(feature.sum_of_squares(values))
    torch.testing.assert_close(inside[0], feature.sum_of_squares(values))
    assert feature.sum_of_squares is not forms.squared_copy


def test_the_page_shows_variants_choices_forms_and_checks():
    names = ["VAE-123, 64, bf16: plain", *(f"VAE-123, {batch}, {precision}: as it is" for batch, precision in
             [(64, "bf16"), (64, "tf32"), (256, "bf16"), (1024, "bf16"), (1024, "tf32")])]
    rows = [BASE | {"name": name, "note": ""} for name in names]
    rows[1]["ratio"] = 2.5
    rows += [BASE | {"name": "64, decoder: three layers", "ratio": 0.8},
             BASE | {"name": "VAE-123, 64, bf16: + recorded"},
             {"name": "check, 20 steps: deterministic, twice", "note": "equal bit by bit"},
             {"name": "VAE-123, 64, fp32: plain", "note": "FAILED: RuntimeError: no"}]
    text = page(rows)
    assert "| VAE-123 | 14,000 | 14,000 (2.50) | 14,000 | 14,000 | 14,000 | 14,000 | 8% | 2.8 |" in text
    assert "| bf16: + recorded | 14,000 | 4.57 | 1.00 | 1.2 |" in text
    assert "| decoder: three layers | 1.25 |  |" in text
    assert "- check, 20 steps: deterministic, twice: equal bit by bit" in text
    assert "- VAE-123, 64, fp32: plain: FAILED: RuntimeError: no" in text


def test_a_page_of_nothing_is_empty():
    assert page([]).strip() == ""
