"""DCGAN's generator and the critic."""

import pytest
import torch
from torch import nn

from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.critic import Critic


def test_the_generator_of_the_paper():
    model = DCGAN()
    z = torch.randn(2, 100)
    images = model.decode(z)
    assert images.shape == (2, 3, 64, 64) and images.abs().max() <= 1
    assert not hasattr(model, "encode")
    first = next(module for module in model.modules() if isinstance(module, nn.ConvTranspose2d))
    assert first(z.view(2, 100, 1, 1)).shape == (2, 512, 4, 4)
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(3.58e6, rel=0.01)  # as published
    for module in model.modules():
        if isinstance(module, nn.ConvTranspose2d):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("size", [32, 64, 96])
def test_sizes(size):
    assert DCGAN(5, size, (4, 4, 8, 8)).decode(torch.randn(3, 5)).shape == (3, 3, size, size)
    assert Critic(size, (4, 4, 8, 8), batch_norm=False)(torch.randn(3, 3, size, size)).shape == (3,)


def test_a_critic_without_batch_norm_scores_each_image_independently():
    torch.manual_seed(0)
    images = torch.randn(4, 3, 32, 32)
    alone = Critic(32, (4, 4, 8, 8), batch_norm=False)
    torch.testing.assert_close(alone(images)[:1], alone(images[:1]))
    mixed = Critic(32, (4, 4, 8, 8), batch_norm=True)
    assert not torch.allclose(mixed(images)[:2], mixed(images[:2]))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in alone.modules())
    assert sum(isinstance(module, nn.BatchNorm2d) for module in mixed.modules()) == 3
