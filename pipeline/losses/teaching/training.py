"""Teaching the loss network, in full float32. It can be interrupted, and then goes on as if undisturbed."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.hardware.eager import without_compiler
from pipeline.hardware.float32 import full_float32
from pipeline.losses.loss_network.file import Weights
from pipeline.losses.loss_network.network import build_prefix
from pipeline.losses.loss_network.sources import random_weights
from pipeline.losses.teaching import targets
from pipeline.losses.teaching.augmentation import ORDER, TRAINING, VALIDATION, examples, generator
from pipeline.losses.teaching.recipe import FIRST_RATE, LAYERS_READ, VALIDATION_FACES, WARM_UP, WEIGHT_DECAY, Recipe
from pipeline.losses.teaching.targets import Heads
from pipeline.models.vgg19 import VGG19Prefix
from pipeline.models.vgg19_layers import parameter_shapes

SAVED_EVERY = 500  # steps, beside the end of each epoch
Row = dict[str, float]
State = dict[str, Any]  # tensors and plain values, as `torch.save` writes them


class TaughtFaces(NamedTuple):
    """N faces with their landmarks, and without their labels."""

    pixels: np.ndarray     # uint8 N×3×S×S
    landmarks: np.ndarray  # float32 N×5×2, x and y, -1 … 1 from edge to edge of the pixels


class Taught(NamedTuple):
    """A taught network, and what each epoch measured."""

    weights: Weights   # up to recipe.LAST, by torchvision's names, float32 on the CPU
    epochs: list[Row]  # epoch, step, means of the steps' learning rate, loss and its terms, and with "valid_"
                       # before, what `validate` measured


class Learner(NamedTuple):
    """All that changes while the network is taught."""

    network: VGG19Prefix
    heads: Heads
    optimizer: torch.optim.AdamW

    def state(self, step: int, rows: list[Row], epochs: list[Row]) -> State:
        """Return what `resume` needs. rows: of the steps of an epoch that is under way."""
        return {"step": step, "rows": rows, "epochs": epochs} | {
            name: getattr(self, name).state_dict() for name in self._fields}

    def resume(self, state: State) -> tuple[int, list[Row], list[Row]]:
        """Go back to a state; return the steps done, the rows of this epoch's steps, and those of epochs."""
        for name in self._fields:
            getattr(self, name).load_state_dict(state[name])
        return state["step"], state["rows"], state["epochs"]


def teach(faces: TaughtFaces, valid: TaughtFaces, recipe: Recipe, device: torch.device, begun: State | None = None,
          keep: Callable[[int, State], None] = lambda step, state: None) -> Taught:
    """Teach VGG-19, narrowed by recipe.width, from random weights on.

    The same faces and recipe give the same bits on one machine with one number of threads.

    Args:
        faces: To learn from; at least one.
        valid: To measure on.
        recipe: How.
        device: Where.
        begun: A state of an interrupted run, from which to go on; None to begin.
        keep: Gets the number of steps done and a state, after every epoch and every SAVED_EVERY steps.

    Raises:
        InputError: The loss is no longer finite.
    """
    size = min(recipe.batch_size, len(faces.pixels))
    steps_per_epoch = len(faces.pixels) // size
    last_step = steps_per_epoch * recipe.epochs
    learner = new_learner(recipe, faces.pixels.shape[-1], device)
    step, rows, epochs = learner.resume(begun) if begun else (0, [], [])
    order = np.empty(0, int)
    with exactly(device), tqdm(total=last_step * size, initial=step * size, desc="teach", unit=" images",
                               mininterval=5) as bar:
        while step < last_step:
            epoch, index = divmod(step, steps_per_epoch)
            if not index or not len(order):
                order = generator(recipe.seed, ORDER, epoch).permutation(len(faces.pixels))
            batch = rows_of(faces, order[index * size:(index + 1) * size])
            rate = learning_rate(step, last_step, recipe.learning_rate)
            rows.append(take_step(learner, batch, rate, generator(recipe.seed, TRAINING, step)))
            step += 1
            bar.update(size)
            if step % steps_per_epoch == 0:
                means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
                epochs.append({"epoch": epoch + 1, "step": step, **means, **validate(learner, valid, recipe.seed)})
                refuse_divergence(epochs[-1])
                rows = []
            if not rows or step % SAVED_EVERY == 0:
                keep(step, learner.state(step, rows, epochs))
    named = zip(parameter_shapes(LAYERS_READ[-1], recipe.width), learner.network.state_dict().values(), strict=True)
    return Taught({name: tensor.cpu().contiguous() for name, tensor in named}, epochs)


def new_learner(recipe: Recipe, size: int, device: torch.device) -> Learner:
    """Return a network and heads with random weights by recipe.seed, with a new optimiser. size: S of the images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = build_prefix(random_weights(recipe.seed, recipe.width), LAYERS_READ)
        heads = Heads(recipe.width, size)
    network.requires_grad_(True)
    for module in (network, heads):
        module.to(device=device).to(memory_format=torch.channels_last)
    optimizer = without_compiler(torch.optim.AdamW)([*network.parameters(), *heads.parameters()],
                                                    lr=recipe.learning_rate, weight_decay=WEIGHT_DECAY, fused=True)
    return Learner(network, heads, optimizer)


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Return the learning rate of one cycle (Smith and Topin 2017): a cosine up over WARM_UP, and a cosine down to 0.

    Args:
        step: Steps done.
        steps: Of the whole run.
        highest: Of the cycle.
    """
    done = (step + 0.5) / steps
    if done < WARM_UP:
        return highest * (FIRST_RATE + (1 - FIRST_RATE) * (1 - math.cos(math.pi * done / WARM_UP)) / 2)
    return highest * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2


def take_step(learner: Learner, batch: TaughtFaces, rate: float, random: np.random.Generator) -> Row:
    """Learn from one batch. Return the learning rate, the loss and its terms. rate: the learning rate."""
    for group in learner.optimizer.param_groups:
        group["lr"] = rate
    seen = examples(*on_device(batch, learner), random)
    terms = targets.errors(learner.heads(learner.network(seen.noisy)), seen)
    loss = targets.total(terms)
    learner.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    learner.optimizer.step()
    return {"learning_rate": rate, **in_numbers({"loss": loss, **terms})}


@torch.no_grad()
def validate(learner: Learner, faces: TaughtFaces, seed: int) -> Row:
    """Return the errors on the first faces of another split, moved, coloured and noisy as in training.

    Beside them stand the mean distances of a landmark from its place in pixels, as it is told, and if each were told at
    the mean of its places.
    """
    parts: list[tuple[int, Row]] = []
    mean = torch.from_numpy(faces.landmarks.mean(axis=0)).to(learner.network.mean.device)
    for start in range(0, min(len(faces.pixels), VALIDATION_FACES), 128):
        batch = rows_of(faces, np.arange(start, min(start + 128, len(faces.pixels), VALIDATION_FACES)))
        seen = examples(*on_device(batch, learner), generator(seed, VALIDATION, start))
        told = learner.heads(learner.network(seen.noisy))
        terms = targets.errors(told, seen)
        pixels = {name: targets.distance(places, seen.landmarks, seen.picture.shape[-1]) for name, places in (
            ("landmark_pixels", targets.told_landmarks(told)), ("landmark_pixels_of_mean", mean))}
        parts.append((len(batch.pixels), in_numbers({"loss": targets.total(terms), **terms, **pixels})))
    seen_faces = sum(count for count, _ in parts)
    return {f"valid_{name}": sum(count * part[name] for count, part in parts) / seen_faces for name in parts[0][1]}


def refuse_divergence(row: Row) -> None:
    """Raise InputError unless the loss of an epoch is finite, in training and in validation."""
    if not math.isfinite(row["loss"] + row["valid_loss"]):
        raise InputError(f"teaching the loss network diverged in epoch {row['epoch']}: its loss is not finite; lower "
                         "teaching.learning_rate and run again")


def rows_of(faces: TaughtFaces, chosen: np.ndarray) -> TaughtFaces:
    """Return some of the faces. chosen: their rows."""
    return TaughtFaces(faces.pixels[chosen], faces.landmarks[chosen])


def on_device(faces: TaughtFaces, learner: Learner) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images, float32 in -1 … 1, and landmarks where the network is."""
    device = learner.network.mean.device
    return to_network(torch.from_numpy(faces.pixels).to(device)), torch.from_numpy(faces.landmarks).to(device)


def in_numbers(terms: dict[str, torch.Tensor]) -> Row:
    """Return scalars as numbers, fetched from the device in one transfer."""
    return dict(zip(terms, torch.stack([value.detach() for value in terms.values()]).tolist(), strict=True))


@contextmanager
def exactly(device: torch.device) -> Iterator[None]:
    """Compute in full float32, on a GPU by algorithms that give the same bits each time."""
    with full_float32(), torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True,
                                                    allow_tf32=False):
        yield
