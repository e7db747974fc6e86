"""All randomness of training is a function of seed and epoch, or seed and step, and of nothing else."""

import numpy as np
import pytest
import torch

from pipeline.training.randomness import TRAINING, VALIDATION, epoch_order, noise


def test_the_order_is_a_permutation():
    order = epoch_order(seed=3, epoch=2, images=1000)
    assert order.dtype == np.int64 and sorted(order.tolist()) == list(range(1000))
    assert order.tolist() != list(range(1000))


def test_noise_is_standard_normal():
    z = noise(seed=0, step=5, images=2000, width=20)
    assert z.shape == (2000, 20) and z.dtype == torch.float32
    assert z.mean().item() == pytest.approx(0, abs=0.02) and z.std().item() == pytest.approx(1, abs=0.02)


def test_earlier_draws_change_nothing():
    order, z = epoch_order(1, 2, 50), noise(1, 2, 4, 3)
    np.random.seed(7)
    torch.manual_seed(7)
    np.random.rand(5), torch.rand(5), noise(1, 9, 4, 3), epoch_order(1, 9, 50)
    assert (epoch_order(1, 2, 50) == order).all() and torch.equal(noise(1, 2, 4, 3), z)


def test_drawing_leaves_the_random_state_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    epoch_order(0, 0, 10), noise(0, 0, 2, 2)
    assert torch.equal(torch.rand(3), expected)


def test_streams_are_independent():
    """Seed, epoch or step, and purpose all matter, and cannot stand in for each other."""
    draws = [noise(seed, step, 4, 3, purpose) for seed in range(3) for step in range(3)
             for purpose in (TRAINING, VALIDATION)]
    assert len({tuple(draw.flatten().tolist()) for draw in draws}) == len(draws)
    orders = [tuple(epoch_order(seed, epoch, 100)) for seed in range(3) for epoch in range(3)]
    assert len(set(orders)) == len(orders)


def test_a_smaller_batch_has_the_first_rows():
    assert torch.equal(noise(0, 1, 3, 5), noise(0, 1, 8, 5)[:3])


def test_the_turns_of_a_step_draw_different_noise():
    drawn = [noise(0, 5, 8, 4, turn=turn) for turn in range(3)]
    assert torch.equal(drawn[0], noise(0, 5, 8, 4))
    assert not any(torch.equal(one, other) for one, other in zip(drawn, drawn[1:] + drawn[:1], strict=True))
