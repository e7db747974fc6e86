"""The paper's network."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.architectures.vae import VAE
from pipeline.models.critic import Critic


@pytest.mark.parametrize(("image_size", "latent_dim", "channels"), [
    (64, 100, (32, 64, 128, 256)), (32, 7, (4, 8, 8, 16)), (128, 3, (4, 4, 4, 8)), (48, 2, (2, 3, 4, 5))])
def test_shapes(image_size, latent_dim, channels):
    vae = VAE(latent_dim, image_size, channels).eval()
    images = torch.rand(2, 3, image_size, image_size)
    mu, logvar = vae.encode(images)
    assert mu.shape == logvar.shape == (2, latent_dim)
    assert vae.decode(mu).shape == vae(images).shape == images.shape
    assert (vae.latent_dim, vae.image_size) == (latent_dim, image_size)


def test_the_encoder_is_the_papers():
    convolutions = [module for module in VAE().encoder if isinstance(module, nn.Conv2d)]
    assert [conv.out_channels for conv in convolutions] == [32, 64, 128, 256]
    assert {(conv.kernel_size, conv.stride) for conv in convolutions} == {((4, 4), (2, 2))}
    assert [type(module) for module in VAE().encoder][:3] == [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    assert VAE().mu.in_features == VAE().logvar.in_features == 256 * 4 * 4


def test_the_decoder_is_the_papers():
    decoder = VAE().decoder
    convolutions = [module for module in decoder if isinstance(module, nn.Conv2d)]
    assert decoder[0].out_features == 256 * 4 * 4
    assert [conv.out_channels for conv in convolutions] == [128, 64, 32, 3]
    assert {(conv.kernel_size, conv.stride) for conv in convolutions} == {((3, 3), (1, 1))}
    assert {conv.padding_mode for conv in convolutions} == {"replicate"}
    assert [module.eps for module in decoder if isinstance(module, nn.BatchNorm2d)] == [1e-3] * 3
    assert sum(isinstance(module, nn.UpsamplingNearest2d) for module in decoder) == 4


def test_no_output_activation():
    decoder = VAE(4, 32, (4, 4, 4, 4)).decoder
    assert isinstance(decoder[-1], nn.Conv2d)
    with torch.no_grad():
        decoder[-1].bias.fill_(3.0)
        decoder[-1].weight.zero_()
    assert torch.equal(decoder(torch.zeros(2, 4)), torch.full((2, 3, 32, 32), 3.0))


def test_the_edge_is_padded_by_replication():
    """A constant stays constant up to the edge; zero padding would darken it."""
    last = VAE(4, 32, (4, 4, 4, 4)).decoder[-1]
    with torch.no_grad():
        last.weight.fill_(1.0)
        output = last(torch.ones(1, 4, 8, 8))
    assert output.unique().numel() == 1


def test_initial_weights():
    torch.manual_seed(0)
    vae = VAE()
    for name, module in vae.named_modules():
        if isinstance(module, nn.Conv2d):
            assert module.weight.mean().item() == pytest.approx(0, abs=0.003), name
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.1), name
            assert module.bias is None or not module.bias.any(), name
        if isinstance(module, nn.Linear):  # uniform over ±1/√inputs
            assert module.weight.std().item() == pytest.approx((3 * module.in_features) ** -0.5, rel=0.1), name
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.mean().item() == pytest.approx(1, abs=0.02), name
            assert 0.01 < module.weight.std().item() < 0.03, name
            assert not module.bias.any(), name


@pytest.mark.parametrize("network", [VAE(), DCGAN(), Critic(64, (64, 128, 256, 512), batch_norm=True)])
def test_no_bias_is_taken_out_again_by_batch_norm(network):
    """The gradient of such a bias would be only rounding noise, which Adam would amplify."""
    layers = list(network.modules())
    before = [first for first, second in pairwise(layers) if isinstance(second, nn.BatchNorm2d)]
    assert len(before) >= 3 and all(layer.bias is None for layer in before)


def test_in_evaluation_an_image_does_not_depend_on_its_batch():
    torch.manual_seed(0)
    vae = VAE(8, 32, (4, 8, 8, 16))
    for _ in range(30):  # batch statistics
        vae.encode(torch.randn(16, 3, 32, 32))
        vae.decode(torch.randn(16, 8))
    vae.eval()
    z, images = torch.randn(5, 8), torch.randn(5, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(vae.decode(z)[2:3], vae.decode(z[2:3]))
        torch.testing.assert_close(vae.encode(images)[0][2:3], vae.encode(images[2:3])[0])
        assert vae.decode(z).std() > 0.001  # else all images would be equal, and the test would show nothing


def test_a_reconstruction_is_the_decoded_mean():
    vae = VAE(8, 32, (4, 8, 8, 16)).eval()
    images = torch.randn(3, 3, 32, 32)
    assert torch.equal(vae(images), vae.decode(vae.encode(images)[0]))


def test_pixels_are_not_rounded_to_bfloat16_by_autocast():
    """The last convolution is float32, since bfloat16 has steps of half a grey level near white and black."""
    vae = VAE(8, 32, (4, 8, 8, 16)).eval()
    with torch.autocast("cpu", torch.bfloat16):
        images = vae.decode(torch.randn(3, 8))
    assert images.dtype == torch.float32 and not torch.equal(images, images.bfloat16().float())
    images.sum().backward()
    assert vae.mu.weight.grad is None and vae.decoder[-1].weight.grad.abs().sum() > 0
