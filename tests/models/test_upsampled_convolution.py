"""Compare the convolution of upsampled images with the three layers that it stands for."""

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from pipeline.models.architectures.vae import VAE
from pipeline.models.upsampled_convolution import convolve_upsampled


def convolution(inputs: int, outputs: int, bias: bool) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="replicate", bias=bias).double()


@pytest.mark.parametrize(("inputs", "outputs", "shape", "bias"), [(5, 3, (4, 4), True), (2, 6, (3, 7), False),
                                                                   (1, 1, (1, 1), True)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_output_and_gradients_are_those_of_the_three_layers(inputs, outputs, shape, bias, layout):
    layer = convolution(inputs, outputs, bias).to(memory_format=layout)
    x = torch.randn(2, inputs, *shape, dtype=torch.double).contiguous(memory_format=layout).requires_grad_()
    expected, given = layer(interpolate(x, scale_factor=2)), convolve_upsampled(x, layer)
    torch.testing.assert_close(given, expected)
    assert given.is_contiguous(memory_format=torch.channels_last)
    pull = torch.randn_like(expected)
    wanted = [x, *layer.parameters()]
    for one, other in zip(torch.autograd.grad(given, wanted, pull), torch.autograd.grad(expected, wanted, pull),
                          strict=True):
        torch.testing.assert_close(one, other)


def test_it_can_be_differentiated_twice():
    layer = convolution(2, 2, True)
    x = torch.randn(1, 2, 2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x, weight: convolve_upsampled(x, layer).square(), (x, layer.weight))


def test_the_decoder_is_the_sequence_of_its_layers():
    """In float32, up to rounding: sums are taken in another order."""
    torch.manual_seed(0)
    decoder = VAE(8, 32, (4, 8, 8, 16)).decoder.to(memory_format=torch.channels_last)
    z = torch.randn(6, 8)
    given, expected = decoder(z), nn.Sequential(*decoder)(z)
    torch.testing.assert_close(given, expected, rtol=1e-4, atol=1e-6)
    pull = torch.randn_like(expected)
    parameters = list(decoder.parameters())
    for one, other in zip(torch.autograd.grad(given, parameters, pull),
                          torch.autograd.grad(expected, parameters, pull), strict=True):
        assert (one - other).norm() <= 1e-5 * other.norm()


def test_under_autocast_weights_are_rounded_once():
    layer = convolution(64, 4, False).float()
    x = torch.randn(2, 64, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        given = convolve_upsampled(x, layer)
    assert given.dtype == torch.bfloat16
    expected = layer(interpolate(x, scale_factor=2))
    assert (given.float() - expected).norm() < 0.01 * expected.norm()
