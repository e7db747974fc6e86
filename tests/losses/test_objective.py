"""The objective: eq. 3, eq. 5, and the adversarial losses."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from pipeline.config.variant import Variant
from pipeline.data.pixels import to_network
from pipeline.losses.build import build_adversary, build_objective
from pipeline.losses.objective import Objective
from pipeline.vocabulary import ADVERSARIES, TERMS
from tests import tiny

TWO = {"layers": ["relu1_1", "relu2_1"], "reference_rms": {"relu1_1": 50.2, "relu2_1": 258.7}}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors", "relu2_1")


def batch(number: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images in -1 … 1 and noise."""
    return (to_network(torch.from_numpy(tiny.faces(number))),
            torch.randn(number, 4, generator=torch.Generator().manual_seed(1)))


def away_from_the_start(objective: Objective) -> Objective:
    """Enlarge weights and measure batch statistics, so that KL and noise matter, also in evaluation mode."""
    with torch.no_grad():
        model = objective.model
        for layer in (model.mu, model.logvar, model.decoder[0], model.decoder[-1]):
            layer.weight.mul_(5)
        for _ in range(30):
            objective(*batch())
    return objective


def test_the_loss_is_the_weighted_sum_of_its_terms(network):
    variant = tiny.variant(loss={**TWO, "alpha": 3.0, "beta": 0.25, "kl_scale": 16.0})
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
    mu, logvar = objective.model.encode(images)
    deviation = (0.5 * logvar).exp()
    kl = kl_divergence(Normal(mu, deviation), Normal(0.0, 1.0)).sum(dim=1).mean()
    assert terms["kl"].item() == pytest.approx(kl.item(), rel=1e-4)
    decoded = objective.model.decode(mu + deviation * noise)
    for layer, distance in objective.reconstruction(decoded, images).items():
        assert terms[layer].item() == pytest.approx(distance.item(), rel=1e-4)
    assert terms["kl"] > 0.1
    assert objective(images, 2 * noise)[1]["relu1_1"].item() != pytest.approx(terms["relu1_1"].item(), rel=1e-3)


def test_weights_are_initialised_from_the_seed(network):
    one, same = (build_objective(tiny.variant(), network).model.state_dict() for _ in range(2))
    seven = build_objective(tiny.variant(seed=7), network).model.state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["mu.weight"], seven["mu.weight"])


def test_only_the_vae_is_trained(network):
    objective = build_objective(tiny.variant(), network)
    trained = {name for name, parameter in objective.named_parameters() if parameter.requires_grad}
    assert trained == {f"model.{name}" for name, _ in objective.model.named_parameters()}
    objective(*batch())[0].backward()
    assert all(parameter.grad is not None for parameter in objective.model.parameters())


WITH_CRITIC = ["kl", "relu1_1", "adversarial", "loss"]


def test_an_adversary_is_a_part_of_the_objective(network):
    """The model's loss has a term of the adversary; the adversary has its own loss; each trains its own."""
    variant = tiny.variant("vae_wgan", adversary={"weight": 7.0})
    objective = build_objective(variant, network)
    assert objective.turns == ("adversary", "model") and objective.noise_width == 2 * 4 + 1
    images, noise = batch()[0], torch.randn(8, 9, generator=torch.Generator().manual_seed(2))

    loss, terms = objective(images, noise, "model")
    assert list(terms) == WITH_CRITIC
    rest = variant.loss.kl_scale * terms["kl"] + 0.5 * terms["relu1_1"]
    assert loss.item() == pytest.approx((rest + 7 * terms["adversarial"]).item(), rel=1e-6)
    loss.backward()
    assert all(parameter.grad is not None for parameter in objective.model.parameters())
    assert all(parameter.grad is None for parameter in objective.adversary.parameters())
    found = objective.gradient_terms()
    assert set(found) == {"adversarial_ratio", "adversarial_gradient", "reconstruction_gradient"}
    assert all(value > 0 for value in found.values())

    objective.zero_grad(set_to_none=True)
    loss, terms = objective(images, noise, "adversary")
    assert set(terms) == {"wasserstein", "gradient_norm", "gradient_penalty", "critic"} and terms["critic"] == loss
    loss.backward()
    assert all(parameter.grad is None for parameter in objective.model.parameters())
    # The last bias shifts f on real images and fakes alike.
    assert all(parameter.grad.abs().sum() > 0 for name, parameter in objective.adversary.named_parameters()
               if "weight" in name)


def test_the_gradients_at_the_reconstructed_images_by_hand(network):
    objective = build_objective(tiny.variant("vae_wgan", adversary={"weight": 7.0}), network)
    images, noise = batch()[0], torch.randn(8, 9, generator=torch.Generator().manual_seed(2))
    objective.eval()
    objective(images, noise)[0].backward()
    measured = objective.gradient_terms()
    reconstructed = objective.generate(images, noise)[0][0].detach().requires_grad_()
    rec = 0.5 * sum(objective.reconstruction(reconstructed, images).values())
    adversarial = 7 * -objective.adversary.network(reconstructed).mean() / 2  # half of the fakes
    norms = []  # of each image's own term: the batch's is their mean
    for side, term in (("reconstruction", rec), ("adversarial", adversarial)):
        gradient, = torch.autograd.grad(term * len(images), reconstructed)
        norms.append(gradient.flatten(1).norm(dim=1))
        assert measured[f"{side}_gradient"].item() == pytest.approx(norms[-1].mean().item(), rel=1e-4)
    assert measured["adversarial_ratio"].item() == pytest.approx((norms[1].mean() / norms[0].mean()).item(), rel=1e-4)


@pytest.mark.parametrize(("reconstruction", "adversarial", "ratio"), [
    ([0.0, 2.0, 4.0], [1.0, 2.0, 3.0], 1.0),  # no gradient at one image
    ([0.0, 0.0, 0.0], [1.0, 2.0, 3.0], 0.0),  # nothing to compare with
    ([1e-38, 0.0, 0.0], [1e3, 1e3, 1e3], 0.0),  # the quotient would not be finite
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 0.0),
    ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], 0.0)])
def test_the_ratio_of_gradients_is_finite_where_the_reconstruction_does_not_pull(network, reconstruction, adversarial,
                                                                                 ratio):
    objective = build_objective(tiny.variant("vae_wgan"), network)
    objective.gradients = {"reconstruction_gradient": torch.tensor(reconstruction),
                           "adversarial_gradient": torch.tensor(adversarial)}
    assert objective.gradient_terms()["adversarial_ratio"].item() == pytest.approx(ratio)


def test_a_gradient_that_is_not_finite_still_shows(network):
    """Training ends at a term that is not finite; the ratio must not hide it."""
    objective = build_objective(tiny.variant("vae_wgan"), network)
    for bad in (torch.inf, torch.nan):
        objective.gradients = {"reconstruction_gradient": torch.tensor([1.0, bad]),
                               "adversarial_gradient": torch.tensor([1.0, 1.0])}
        assert not objective.gradient_terms()["reconstruction_gradient"].isfinite()


class Flat(torch.nn.Module):
    """A reconstruction loss without a gradient at the first image, as where it is perfect."""

    def forward(self, reconstruction, image):
        return {"flat": (reconstruction[1:] - image[1:]).square().mean()}


def test_an_image_without_a_gradient_leaves_the_terms_finite(network):
    objective = build_objective(tiny.variant("vae_wgan"), network)
    objective.reconstruction = Flat()
    objective(batch()[0], torch.randn(8, 9, generator=torch.Generator().manual_seed(2)))[0].backward()
    assert objective.gradients["reconstruction_gradient"][0] == 0
    terms = objective.gradient_terms()
    assert all(value.isfinite() and value > 0 for value in terms.values())


def test_dcgans_fakes_are_samples_only(network):
    objective = build_objective(tiny.variant("dcgan"), network)
    assert objective.noise_width == 4 + 1
    images, noise = batch()[0], torch.randn(8, 5, generator=torch.Generator().manual_seed(2))
    loss, terms = objective(images, noise)
    assert list(terms) == ["adversarial", "loss"] and terms["loss"] == terms["adversarial"] == loss
    assert torch.equal(objective(torch.zeros_like(images), noise)[0], loss)  # the real images have no part in it
    loss.backward()
    assert objective.gradient_terms() == {}
    assert set(objective(images, noise, "adversary")[1]) == {"discriminator", "real_score", "fake_score"}


def test_a_further_term_is_added_with_its_weight(network):
    plain, more = (build_objective(tiny.variant(loss=extra), network).eval()
                   for extra in ({}, {"extra": {"total_variation": {"weight": 20.0}}}))
    (loss, _), (larger, terms) = plain(*batch()), more(*batch())
    assert list(terms) == ["kl", "relu1_1", "total_variation", "loss"] and terms["total_variation"] > 0
    assert larger.item() == pytest.approx(loss.item() + 20 * terms["total_variation"].item(), rel=1e-5)


BRIGHTNESS = """
from torch import nn

class Brightness(nn.Module):
    def __init__(self, power: float):
        super().__init__()
        self.power = power

    def forward(self, reconstruction, image):
        return (reconstruction - image).mean().abs() ** self.power
"""


def test_a_new_term_is_one_file(network, own_choice):
    variant = tiny.variant(loss={"extra": {"brightness": {"weight": 3.0, "power": 2.0}}})
    own_choice(TERMS, "brightness", BRIGHTNESS)
    (loss, _), (larger, terms) = (build_objective(v, network).eval()(*batch()) for v in (tiny.variant(), variant))
    assert terms["brightness"] > 0
    assert larger.item() == pytest.approx(loss.item() + 3 * terms["brightness"].item(), rel=1e-5)


HINGE = """
from pipeline.losses.adversary import Adversary


class Hinge(Adversary):
    def __init__(self, image_size, channels, weight, margin, batch_norm=True):
        super().__init__(image_size, channels, weight, batch_norm)
        self.margin = margin

    def adversary_loss(self, real, fakes, epsilon):
        loss = (self.margin - self.network(real)).relu().mean()
        loss = loss + sum((self.margin + self.network(images)).relu().mean() for images in fakes) / len(fakes)
        return loss, {"hinge": loss}
"""


def with_hinge(**options) -> Variant:
    values = tiny.variant("dcgan").model_dump()
    return Variant.model_validate({**values, "adversary": {**values["adversary"], "kind": "hinge", "options": options}})


def test_a_new_adversary_is_one_file_and_takes_its_options(network, own_choice):
    own_choice(ADVERSARIES, "hinge", HINGE)
    adversary = build_adversary(with_hinge(margin=2.0, batch_norm=False))
    assert (adversary.margin, adversary.weight) == (2.0, tiny.variant("dcgan").adversary.weight)
    objective = build_objective(with_hinge(margin=2.0), network)
    assert objective.turns == ("adversary", "model")
    images, noise = batch()[0], torch.randn(8, 5, generator=torch.Generator().manual_seed(2))
    assert list(objective(images, noise, "adversary")[1]) == ["hinge"]
    assert list(objective(images, noise)[1]) == ["adversarial", "loss"]


def test_bf16_is_close_to_fp32(network):
    full, half = (away_from_the_start(build_objective(tiny.variant(loss=TWO), network)).eval() for _ in range(2))
    half.precision = torch.bfloat16
    (loss, terms), (half_loss, half_terms) = full(*batch()), half(*batch())
    assert half_loss.dtype == torch.float32 and half_loss.item() == pytest.approx(loss.item(), rel=0.03)
    for name in terms:
        assert half_terms[name].item() == pytest.approx(terms[name].item(), rel=0.05)
    assert half_loss.item() != loss.item()  # or bf16 is not on


@pytest.mark.parametrize("name", ["dfc", "pvae"])
def test_the_objective_does_not_depend_on_the_batch_size(network, name):
    """With kl_scale fixed, the loss of a batch is the mean over its halves; batch norm in evaluation mode."""
    objective = away_from_the_start(build_objective(tiny.variant(name), network)).eval()
    images, noise = batch(8)
    whole = objective(images, noise)[1]
    halves = [objective(images[rows], noise[rows])[1] for rows in (slice(0, 4), slice(4, 8))]
    for term in whole:
        assert whole[term].item() == pytest.approx((halves[0][term] + halves[1][term]).item() / 2, rel=1e-4)
        assert halves[0][term] != halves[1][term]
