"""Teaching the loss network on a few pictures."""

import io
from typing import NamedTuple

import numpy as np
import pytest
import torch

from pipeline.errors import InputError
from pipeline.losses.loss_network.layers import layers_held
from pipeline.losses.teaching import training
from pipeline.losses.teaching.recipe import LAST, WARM_UP, Recipe
from pipeline.losses.teaching.training import State, Taught, TaughtFaces, learning_rate, teach
from pipeline.models.vgg19_layers import parameter_shapes
from tests import tiny

RECIPE = Recipe(width=0.0625, epochs=3, batch_size=8, learning_rate=0.002, seed=0)
CPU = torch.device("cpu")


def some_faces(number: int, seed: int = 0) -> TaughtFaces:
    landmarks = np.random.default_rng(seed).uniform(-0.5, 0.5, (number, 5, 2)).astype(np.float32)
    return TaughtFaces(tiny.faces(number, seed), landmarks)


FACES, VALID = some_faces(20), some_faces(6, seed=1)


class Undisturbed(NamedTuple):
    """A run that was not interrupted."""

    states: dict[int, State]  # by steps done
    taught: Taught


def as_stored(state: State) -> State:
    """Return a state as a checkpoint gives it back."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.fixture(scope="module")
def undisturbed() -> Undisturbed:
    states: dict[int, State] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SAVED_EVERY", 3)
        taught = teach(FACES, VALID, RECIPE, CPU, keep=lambda step, state: states.update({step: as_stored(state)}))
    return Undisturbed(states, taught)


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_network_ends_at_the_deepest_taught_layer(undisturbed):
    weights = undisturbed.taught.weights
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == parameter_shapes(LAST, RECIPE.width)
    assert layers_held(weights)[-1] == LAST == "relu5_1"
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert not any(tensor.requires_grad for tensor in weights.values())


def test_every_layer_has_learned(undisturbed):
    untaught = training.new_learner(RECIPE, tiny.SIZE, CPU).network.state_dict()
    for name, before in zip(undisturbed.taught.weights, untaught.values(), strict=True):
        assert not torch.equal(undisturbed.taught.weights[name], before), name


def test_each_epoch_has_a_row_and_the_loss_falls(undisturbed):
    rows = undisturbed.taught.epochs
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 2), (2, 4), (3, 6)]
    assert {"loss", "landmarks", "noise_2", "valid_loss", "valid_landmark_pixels", "valid_landmark_pixels_of_mean"} \
        <= rows[0].keys()
    assert rows[-1]["loss"] < rows[0]["loss"] and rows[0]["valid_landmark_pixels_of_mean"] > 1


@pytest.mark.parametrize("step", [2, 3, 4, 6])
def test_an_interrupted_run_gives_the_same_bits(undisturbed, step):
    """At the end of an epoch, within one, and when all is done."""
    again = teach(FACES, VALID, RECIPE, CPU, begun=undisturbed.states[step])
    assert equal(again.weights, undisturbed.taught.weights) and again.epochs == undisturbed.taught.epochs


def test_the_same_recipe_gives_the_same_bits_whatever_torchs_generator_does(undisturbed):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    again = teach(FACES, VALID, RECIPE, CPU)
    assert equal(again.weights, undisturbed.taught.weights) and torch.equal(torch.get_rng_state(), before)
    other = teach(FACES, VALID, Recipe(**{**vars(RECIPE), "seed": 1}), CPU)
    assert not equal(other.weights, undisturbed.taught.weights)


def test_fewer_faces_than_a_batch_are_one_batch():
    taught = teach(some_faces(3), VALID, RECIPE, CPU)
    assert [row["step"] for row in taught.epochs] == [1, 2, 3]


def test_landmarks_of_simple_faces_are_found():
    """A bright square lies where the landmarks are."""
    places = np.random.default_rng(0).integers(8, 20, (64, 2))
    pixels = np.full((64, 3, 32, 32), 40, np.uint8)
    for image, (x, y) in zip(pixels, places, strict=True):
        image[:, y:y + 4, x:x + 4] = 250
    landmarks = np.repeat(((places + 2) / 16 - 1)[:, None], 5, axis=1).astype(np.float32)
    faces = TaughtFaces(pixels, landmarks)
    taught = teach(faces, faces, Recipe(0.0625, 40, 16, 0.004, 0), CPU).epochs[-1]
    assert taught["valid_landmark_pixels"] < 0.7 * taught["valid_landmark_pixels_of_mean"]


def test_a_learning_rate_that_is_too_high_is_one_sentence():
    saved: list[int] = []
    recipe = Recipe(RECIPE.width, 20, 8, 1e8, 0)
    with pytest.raises(InputError, match=r"^teaching the loss network diverged in epoch \d+: .*; lower teaching"):
        teach(FACES, VALID, recipe, CPU, keep=lambda step, state: saved.append(step))
    assert all(step % 2 == 0 for step in saved)


def test_the_learning_rate_rises_and_falls_in_one_cycle():
    rates = [learning_rate(step, 100, 0.002) for step in range(100)]
    top = int(np.argmax(rates))
    assert rates[0] < 0.05 * 0.002 + 1e-5 and rates[-1] < 1e-6 and max(rates) == pytest.approx(0.002, rel=0.01)
    assert top == pytest.approx(100 * WARM_UP, abs=1)
    assert rates[:top + 1] == sorted(rates[:top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert all(0 < learning_rate(step, steps, 1.0) <= 1 for steps in (1, 2, 3, 4) for step in range(steps))
