"""Compare the two adversaries with their equations and with their purpose."""

import pytest
import torch
from torch import distributed, nn

from pipeline.losses.adversaries.gan import GAN
from pipeline.losses.adversaries.wasserstein import Wasserstein

SIZE, CHANNELS = 32, (4, 4, 8, 8)


def images(number: int, seed: int, offset: float = 0.0) -> torch.Tensor:
    return torch.randn(number, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed)).mul(0.3).add(offset)


def critic(**options) -> Wasserstein:
    torch.manual_seed(0)
    return Wasserstein(SIZE, CHANNELS, 1.0, **{"lipschitz": "penalty", "penalty_weight": 10.0, "clip": 0.01, **options})


class Linear(nn.Module):
    """f(x) = slope · Σ x, whose gradient has the norm slope · √(3·S²) everywhere."""

    def __init__(self, slope: float):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.slope * x.sum(dim=(1, 2, 3))


def test_the_wasserstein_estimate_and_the_penalty_of_a_known_function():
    adversary, side = critic(), (3 * SIZE**2) ** 0.5
    adversary.network = Linear(2 / side)
    real, fakes = images(6, 1, 0.5), [images(6, 2), images(6, 3)]
    loss, terms = adversary.adversary_loss(real, fakes, torch.rand(6))
    expected = 2 / side * (real.sum() - (fakes[0].sum() + fakes[1].sum()) / 2) / 6
    assert terms["wasserstein"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert terms["gradient_norm"].item() == pytest.approx(2.0, rel=1e-4)
    assert terms["gradient_penalty"].item() == pytest.approx(1.0, rel=1e-3)
    assert loss.item() == pytest.approx(10 * 1.0 - expected.item(), rel=1e-3)
    # d/d slope of the penalty: the double backward pass
    gradient, = torch.autograd.grad(terms["gradient_penalty"], adversary.network.slope)
    assert gradient.item() == pytest.approx(2 * (2 - 1) * side, rel=1e-3)


def test_the_points_between_lie_where_epsilon_says():
    """f(x) = ‖x‖²/2 has the gradient x, so the norm of the gradient tells where it was taken."""
    adversary = critic()
    adversary.network = type("Square", (nn.Module,), {"forward": lambda self, x: x.square().sum(dim=(1, 2, 3)) / 2})()
    real, one, other = images(4, 1, 1.0), images(4, 2), images(4, 3, -1.0)
    epsilon = torch.tensor([0.0, 1.0, 0.5, 0.25])
    norms = adversary.gradient_norm(real, [one, other], epsilon)
    expected = torch.stack([one[0], real[1], (real[2] + one[2]) / 2, 0.25 * real[3] + 0.75 * other[3]])
    torch.testing.assert_close(norms, expected.flatten(1).norm(dim=1), rtol=1e-4, atol=1e-4)


def test_the_batches_of_fakes_take_turns_over_the_images_of_all_workers(monkeypatch):
    """Three workers with three images each, an odd number, penalise the same points as one worker with nine."""
    torch.manual_seed(0)
    adversary = critic()
    real, one, other = torch.rand(3, 9, 3, SIZE, SIZE) * 2 - 1
    epsilon = torch.linspace(0, 1, 9)
    alone = adversary.gradient_norm(real, [one, other], epsilon)
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    for rank in range(3):
        monkeypatch.setattr(distributed, "get_rank", lambda rank=rank: rank)
        share = slice(3 * rank, 3 * rank + 3)
        mine = adversary.gradient_norm(real[share], [one[share], other[share]], epsilon[share])
        assert torch.allclose(mine, alone[share], rtol=1e-4)


def constant_images() -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return real images and fakes, 0.1 apart in each value: their distance W is 0.1 · √(3·S²) = 5.54."""
    return torch.full((8, 3, SIZE, SIZE), 0.1), [torch.zeros(8, 3, SIZE, SIZE)]


def test_the_best_linear_critic_finds_the_distance():
    """A linear critic of slope g has the loss -W·g + 100 (g - 1)², which is least at g = 1 + W/200 = 1.0277.

    It is a parabola, on which each of these steps halves the distance to the minimum, so rounding does not matter.
    """
    adversary, side = critic(penalty_weight=100.0), (3 * SIZE**2) ** 0.5
    adversary.network = Linear(3 / side)
    real, fakes = constant_images()
    optimizer = torch.optim.SGD(adversary.parameters(), 0.5 / (2 * 100 * side**2))
    for _ in range(20):
        optimizer.zero_grad()
        loss, terms = adversary.adversary_loss(real, fakes, torch.rand(8))
        loss.backward()
        optimizer.step()
    distance = 0.1 * side
    assert terms["gradient_norm"].item() == pytest.approx(1 + distance / 200, rel=1e-3)
    assert terms["wasserstein"].item() == pytest.approx(distance * (1 + distance / 200), rel=1e-3)


@pytest.mark.parametrize("seed", range(2))
def test_the_penalty_holds_the_slope_of_a_real_critic_near_one(seed):
    """The mean over the last steps is 0.99 to 1.01 for any seed, with AVX512 and with AVX2. Single steps overshoot.

    Without the penalty the slope grows to thousands.
    """
    torch.manual_seed(seed)
    adversary, (real, fakes) = Wasserstein(SIZE, CHANNELS, 1.0, "penalty", 100.0, 0.01), constant_images()
    optimizer, norms = torch.optim.Adam(adversary.parameters(), 0.001, betas=(0.5, 0.9)), []
    for _ in range(300):
        optimizer.zero_grad()
        loss, terms = adversary.adversary_loss(real, fakes, torch.rand(8))
        loss.backward()
        optimizer.step()
        norms.append(terms["gradient_norm"].item())
    assert sum(norms[-100:]) / 100 == pytest.approx(1, abs=0.1)


def test_clipping_holds_the_weights_and_needs_no_penalty():
    adversary = critic(lipschitz="clip", clip=0.02)
    optimizer = torch.optim.Adam(adversary.parameters(), 0.01)
    for seed in range(5):
        loss, terms = adversary.adversary_loss(images(4, seed, 0.5), [images(4, seed + 9)], torch.rand(4))
        assert set(terms) == {"wasserstein", "critic"} and loss.item() == -terms["wasserstein"].item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        adversary.after_update()
    largest = max(parameter.abs().max().item() for parameter in adversary.parameters())
    assert largest == pytest.approx(0.02)
    unclipped = critic()
    unclipped.network[0].weight.data.fill_(5.0)
    unclipped.after_update()
    assert unclipped.network[0].weight.max() == 5.0


def test_without_gradients_there_is_no_penalty():
    with torch.no_grad():
        assert set(critic().adversary_loss(images(4, 1), [images(4, 2)], torch.rand(4))[1]) == {"wasserstein", "critic"}


def test_the_model_is_pulled_to_where_the_critic_is_high():
    adversary, fakes = critic(), images(4, 2).requires_grad_()
    loss = adversary.model_loss([fakes])
    assert loss.item() == pytest.approx(-adversary.network(fakes).mean().item(), rel=1e-5)
    gradient, = torch.autograd.grad(loss, fakes)
    assert adversary.model_loss([(fakes - gradient / gradient.norm()).detach()]) < loss
    two = adversary.model_loss([images(4, 2), images(4, 3)])
    assert two.item() == pytest.approx((adversary.model_loss([images(4, 2)])
                                        + adversary.model_loss([images(4, 3)])).item() / 2, rel=1e-5)


def test_bf16_gives_about_the_same_penalty():
    adversary, real, fakes, epsilon = critic(), images(16, 1, 0.5), [images(16, 2)], torch.rand(16)
    _, full = adversary.adversary_loss(real, fakes, epsilon)
    with torch.autocast("cpu", torch.bfloat16):
        _, half = adversary.adversary_loss(real, fakes, epsilon)
    assert half["gradient_norm"].dtype == torch.float32
    assert half["gradient_norm"].item() == pytest.approx(full["gradient_norm"].item(), rel=0.03)
    assert half["gradient_norm"] != full["gradient_norm"]


def test_the_discriminators_losses_by_hand():
    torch.manual_seed(0)
    adversary = GAN(SIZE, CHANNELS, 1.0).eval()
    real, fake = images(4, 1, 0.5), images(4, 2)
    on_real, on_fake = adversary.network(real).sigmoid(), adversary.network(fake).sigmoid()
    loss, terms = adversary.adversary_loss(real, [fake], torch.rand(4))
    expected = -(on_real.log().mean() + (1 - on_fake).log().mean())
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    assert terms["real_score"].item() == pytest.approx(on_real.mean().item(), rel=1e-4)
    assert terms["fake_score"].item() == pytest.approx(on_fake.mean().item(), rel=1e-4)
    assert adversary.model_loss([fake]).item() == pytest.approx(-on_fake.log().mean().item(), rel=1e-4)


def test_the_discriminator_sees_real_and_fake_batches_apart():
    """In training its batch norm takes the statistics of each batch alone, as in DCGAN."""
    torch.manual_seed(0)
    adversary = GAN(SIZE, CHANNELS, 1.0).train()
    real, fake = images(4, 1, 0.5), images(4, 2)
    alone = adversary.adversary_loss(real, [fake], torch.rand(4))[1]["real_score"]
    assert adversary.adversary_loss(real, [5 * fake], torch.rand(4))[1]["real_score"] == alone
