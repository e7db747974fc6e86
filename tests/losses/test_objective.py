"""Eq. 3 and eq. 5, put together."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from pipeline.data.pixels import to_network
from pipeline.losses.build import build_objective
from pipeline.losses.objective import VAEObjective
from tests import tiny

TWO = {"layers": ["relu1_1", "relu2_1"], "reference_rms": {"relu1_1": 50.2, "relu2_1": 258.7}}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors", "relu2_1")


def batch(number: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Images in -1 … 1 and noise."""
    return (to_network(torch.from_numpy(tiny.faces(number))),
            torch.randn(number, 4, generator=torch.Generator().manual_seed(1)))


def away_from_the_start(objective: VAEObjective) -> VAEObjective:
    """Larger weights and measured batch statistics, so that KL and the noise matter, also in evaluation mode."""
    with torch.no_grad():
        for layer in (objective.vae.mu, objective.vae.logvar, objective.vae.decoder[0], objective.vae.decoder[-1]):
            layer.weight.mul_(5)
        for _ in range(30):
            objective(*batch())
    return objective


def test_the_loss_is_the_weighted_sum_of_its_terms(network):
    variant = tiny.variant(loss={**TWO, "alpha": 3.0, "beta": 0.25, "kl_images": 16.0})
    objective = away_from_the_start(build_objective(variant, network))
    loss, terms = objective(*batch())
    assert list(terms) == ["kl", "relu1_1", "relu2_1", "loss"]
    expected = 3.0 * 16 * terms["kl"] + 0.25 * (terms["relu1_1"] + terms["relu2_1"])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6) and terms["loss"].item() == loss.item()
    assert terms["kl"] > 0.1 and loss.requires_grad and not any(term.requires_grad for term in terms.values())


def test_the_plain_vae_has_the_evidence_bound(network):
    """Eq. 3: both terms in nats, each weighted by 1."""
    objective = away_from_the_start(build_objective(tiny.variant("pvae"), network))
    _, terms = objective(*batch())
    assert list(terms) == ["kl", "pixel", "loss"]
    assert terms["loss"].item() == pytest.approx((terms["kl"] + terms["pixel"]).item(), rel=1e-6)


def test_terms_by_hand(network):
    objective = away_from_the_start(build_objective(tiny.variant(loss=TWO), network)).eval()
    images, noise = batch()
    _, terms = objective(images, noise)
    mu, logvar = objective.vae.encode(images)
    deviation = (0.5 * logvar).exp()
    kl = kl_divergence(Normal(mu, deviation), Normal(0.0, 1.0)).sum(dim=1).mean()
    assert terms["kl"].item() == pytest.approx(kl.item(), rel=1e-4)
    decoded = objective.vae.decode(mu + deviation * noise)
    for layer, distance in objective.reconstruction(decoded, images).items():
        assert terms[layer].item() == pytest.approx(distance.item(), rel=1e-4)
    assert terms["kl"] > 0.1
    assert objective(images, 2 * noise)[1]["relu1_1"].item() != pytest.approx(terms["relu1_1"].item(), rel=1e-3)


def test_weights_are_initialised_from_the_seed(network):
    one, same = (build_objective(tiny.variant(), network).vae.state_dict() for _ in range(2))
    seven = build_objective(tiny.variant().model_copy(update={"seed": 7}), network).vae.state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["mu.weight"], seven["mu.weight"])


def test_only_the_vae_is_trained(network):
    objective = build_objective(tiny.variant(), network)
    trained = {name for name, parameter in objective.named_parameters() if parameter.requires_grad}
    assert trained == {f"vae.{name}" for name, _ in objective.vae.named_parameters()}
    objective(*batch())[0].backward()
    assert all(parameter.grad is not None for parameter in objective.vae.parameters())


def test_bf16_is_close_to_fp32(network):
    full, half = (away_from_the_start(build_objective(tiny.variant(loss=TWO, precision=precision), network)).eval()
                  for precision in ("fp32", "bf16"))
    (loss, terms), (half_loss, half_terms) = full(*batch()), half(*batch())
    assert half_loss.dtype == torch.float32 and half_loss.item() == pytest.approx(loss.item(), rel=0.03)
    for name in terms:
        assert half_terms[name].item() == pytest.approx(terms[name].item(), rel=0.05)
    assert half_loss.item() != loss.item()  # or bf16 is not on


@pytest.mark.parametrize("name", ["dfc", "pvae"])
def test_the_objective_does_not_depend_on_the_batch_size(network, name):
    """With kl_images fixed, the loss of a batch is the mean over its halves; batch norm in evaluation mode."""
    objective = away_from_the_start(build_objective(tiny.variant(name), network)).eval()
    images, noise = batch(8)
    whole = objective(images, noise)[1]
    halves = [objective(images[rows], noise[rows])[1] for rows in (slice(0, 4), slice(4, 8))]
    for term in whole:
        assert whole[term].item() == pytest.approx((halves[0][term] + halves[1][term]).item() / 2, rel=1e-4)
        assert halves[0][term] != halves[1][term]
