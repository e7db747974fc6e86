"""One step of training: an update of each player, in its turns."""

from typing import cast

import torch
from torch import nn

from pipeline.config.adversaries import NoAdversary
from pipeline.config.variant import Variant
from pipeline.hardware.eager import without_compiler
from pipeline.losses.objective import ADVERSARY, MODEL, Objective
from pipeline.training.batches import Batches

Optimizers = dict[str, torch.optim.Optimizer]  # by the player's name
Inputs = list[tuple[torch.Tensor, torch.Tensor]]  # of the turns of a step: images and noise


def take_step(objective: nn.Module, optimizers: Optimizers, batches: Batches, step: int) -> dict[str, torch.Tensor]:
    """Update each player in its turns, and return the terms of all losses, on the device.

    Args:
        objective: perhaps wrapped for data parallelism.
        optimizers: by the player's name.
        batches: images and noise.
        step: the number of steps done before.
    """
    inner = unwrapped(objective)
    terms: dict[str, torch.Tensor] = {}
    for turn, player in turns(inner):
        terms |= update(objective, optimizers, player, *batches.draw(step, turn))
    return terms | inner.gradient_terms()


def turns(objective: Objective) -> list[tuple[int, str]]:
    """Return the turns of a step and their players: … 2, 1 the adversary's, 0 the model's."""
    return list(zip(range(len(objective.turns) - 1, -1, -1), objective.turns, strict=True))


def update(objective: nn.Module, optimizers: Optimizers, player: str, images: torch.Tensor, noise: torch.Tensor
           ) -> dict[str, torch.Tensor]:
    """Update a player once, and return the terms of its loss.

    Args:
        objective: perhaps wrapped for data parallelism.
        optimizers: by the player's name.
        player: MODEL or ADVERSARY.
        images: N×3×S×S in -1 … 1.
        noise: N×noise_width.
    """
    optimizers[player].zero_grad(set_to_none=True)
    loss, terms = objective(images, noise, player)
    loss.backward()
    optimizers[player].step()
    unwrapped(objective).after_update(player)
    return cast(dict[str, torch.Tensor], terms)


def unwrapped(objective: nn.Module) -> Objective:
    """Return the objective itself, without the wrapper for data parallelism."""
    return cast(Objective, objective.module if hasattr(objective, "module") else objective)


def learning_rates(variant: Variant) -> dict[str, float]:
    """Return the learning rates of the first epoch, by the player's name."""
    rates = {MODEL: variant.train.learning_rate}
    if not isinstance(variant.adversary, NoAdversary):
        rates[ADVERSARY] = variant.adversary.learning_rate
    return rates


def make_optimizers(objective: Objective, rates: dict[str, float], beta1: float) -> Optimizers:
    """Return an Adam for each player. rates: by the player's name.

    On a GPU the learning rate is a tensor there, so that a step which was recorded once can be taken with another rate.
    """
    adam, device = without_compiler(torch.optim.Adam), next(objective.parameters()).device
    on_gpu = device.type == "cuda"
    return {name: adam(player.parameters(), torch.tensor(rates[name], device=device) if on_gpu else rates[name],
                       betas=(beta1, 0.999), fused=True, capturable=on_gpu)
            for name, player in objective.players().items()}


def set_learning_rates(optimizers: Optimizers, rates: dict[str, float], decay: float) -> None:
    """Set the learning rates of an epoch. decay: by which those of the first epoch are multiplied."""
    for player, optimizer in optimizers.items():
        for group in optimizer.param_groups:
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rates[player] * decay)
            else:
                group["lr"] = rates[player] * decay
