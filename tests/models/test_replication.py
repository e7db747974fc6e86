"""Our gradient of replication padding is torch's."""

import pytest
import torch
from torch.nn.functional import pad

from pipeline.models.architectures import vae
from pipeline.models.replication import ReplicationPad


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 2, 2), (2, 1, 1, 3)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_it_is_torchs_padding_forwards_and_backwards(shape, layout):
    random = torch.Generator().manual_seed(0)
    images = torch.randn(shape, generator=random, dtype=torch.float64).contiguous(memory_format=layout)
    ours, theirs = (images.clone().requires_grad_() for _ in range(2))
    padded, wanted = ReplicationPad.apply(ours), pad(theirs, (1, 1, 1, 1), mode="replicate")
    assert torch.equal(padded, wanted)
    gradient = torch.randn(wanted.shape, generator=random, dtype=torch.float64)
    padded.backward(gradient)
    wanted.backward(gradient)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-14, atol=1e-14)


def test_the_decoder_takes_it_where_results_repeat(monkeypatch):
    """On a GPU: here a tensor on the meta device stands for one there."""
    used, convolution = [], torch.nn.Conv2d(2, 3, 3, padding=1, padding_mode="replicate", device="meta")
    monkeypatch.setattr(vae.ReplicationPad, "apply", lambda images: used.append(1) or pad(images, (1, 1, 1, 1)))
    x = torch.empty(1, 2, 4, 4, device="meta")
    assert vae.upsample_and_convolve(x, convolution).shape == (1, 3, 8, 8) and not used
    torch.use_deterministic_algorithms(True)
    try:
        assert vae.upsample_and_convolve(x, convolution).shape == (1, 3, 8, 8) and used
    finally:
        torch.use_deterministic_algorithms(False)
