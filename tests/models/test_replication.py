"""Our gradient of replication padding is torch's."""

import pytest
import torch
from torch.nn.functional import pad

from pipeline.models import upsampled_convolution
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


def test_the_layout_stays_and_it_can_be_differentiated_twice():
    images = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).requires_grad_()
    padded = ReplicationPad.apply(images)
    assert padded.is_contiguous(memory_format=torch.channels_last)
    gradient, = torch.autograd.grad(padded, images, torch.randn_like(padded))
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    small = torch.randn(1, 2, 2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: ReplicationPad.apply(x).pow(3), small)


def test_the_decoder_takes_it_on_a_gpu(monkeypatch):
    """Here a tensor on the meta device stands for one there."""
    used, convolution = [], torch.nn.Conv2d(2, 3, 3, padding=1, padding_mode="replicate", device="meta")
    monkeypatch.setattr(upsampled_convolution, "ReplicationPad",
                        type("Pad", (), {"apply": lambda images: used.append(1) or ReplicationPad.apply(images)}))
    x = torch.empty(1, 2, 4, 4, device="meta")
    assert upsampled_convolution.convolve_upsampled(x, convolution).shape == (1, 3, 8, 8) and used
