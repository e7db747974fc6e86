"""What the loss network is taught to tell."""

import pytest
import torch

from pipeline.losses.loss_network.network import build_prefix
from pipeline.losses.loss_network.sources import random_weights
from pipeline.losses.teaching import recipe, targets
from pipeline.losses.teaching.augmentation import Examples, draw_noise, generator
from pipeline.losses.teaching.targets import Heads


def some_examples(size: int = 32) -> Examples:
    random = torch.Generator().manual_seed(0)
    picture = torch.rand(3, 3, size, size, generator=random) * 2 - 1
    noise = draw_noise(3, size, generator(0, 0, 0))
    return Examples(picture + noise, picture, noise, torch.rand(3, 5, 2, generator=random))


@pytest.mark.parametrize("size", [32, 64, 96])
def test_the_heads_tell_every_target_in_its_shape(size):
    network, seen = build_prefix(random_weights(0, 0.125), recipe.LAYERS_READ), some_examples(size)
    told, wanted = Heads(0.125, size)(network(seen.noisy)), targets.wanted(seen)
    assert {name: value.shape for name, value in told.items()} == {name: value.shape for name, value in wanted.items()}
    assert told.keys() == recipe.UNITS.keys() == recipe.WEIGHTS.keys()


def test_who_tells_what_is_wanted_makes_no_error():
    seen = some_examples()
    assert all(value == 0 for value in targets.errors(targets.wanted(seen), seen).values())
    assert targets.total(targets.errors(targets.wanted(seen), seen)) == 0


def test_errors_are_mean_squares_in_units_and_summed_by_weights():
    seen = some_examples()
    told = {name: torch.zeros_like(value) for name, value in targets.wanted(seen).items()}
    errors = targets.errors(told, seen)
    assert errors["noise_1"].item() == pytest.approx(seen.noise.square().mean().item() / recipe.UNITS["noise_1"]**2)
    assert errors["landmarks"].item() == pytest.approx(seen.landmarks.square().mean().item())
    small = seen.picture.unfold(2, 4, 4).unfold(3, 4, 4).mean(dim=(4, 5))
    assert errors["thumbnail_16"].item() == pytest.approx(small.square().mean().item(), rel=1e-5)
    assert targets.total(errors).item() == pytest.approx(
        sum(recipe.WEIGHTS[name] * value.item() for name, value in errors.items()), rel=1e-5)


def test_the_distance_of_landmarks_is_in_pixels():
    landmarks = torch.zeros(4, 5, 2)
    told = landmarks + torch.tensor([0.3, 0.4])
    assert targets.distance(told, landmarks, 64).item() == pytest.approx(0.5 * 32)
    assert targets.distance(torch.tensor([[0.1, 0.0]] * 5), landmarks, 64).item() == pytest.approx(3.2)
