"""From a variant's configuration to the objective that trains it."""

from pathlib import Path

import torch
from torch import nn

from pipeline.config.adversaries import NoAdversary
from pipeline.config.variant import Variant
from pipeline.losses.adversary import Adversary
from pipeline.losses.objective import Objective
from pipeline.losses.options import adversary_options, term_options
from pipeline.models.build import build_model
from pipeline.registry import load_class, load_module
from pipeline.vocabulary import ADVERSARIES, RECONSTRUCTIONS, TERMS


def build_objective(variant: Variant, loss_network: Path) -> Objective:
    """Build the objective of a variant on the CPU, in float32, with weights initialised from train.seed.

    Args:
        variant: The configuration.
        loss_network: The file of the loss network; only a feature loss reads it.
    """
    torch.manual_seed(variant.train.seed)
    loss = variant.loss
    model = build_model(variant)
    reconstruction, kl_weight, rec_weight = None, 0.0, 0.0
    if variant.encodes:
        reconstruction, kl_weight, rec_weight = \
            load_module(RECONSTRUCTIONS, loss.reconstruction).build(loss, loss_network)
    objective = Objective(model, reconstruction, kl_weight, rec_weight, build_extra(variant), build_adversary(variant),
                          getattr(variant.adversary, "updates_per_step", 0))
    objective.to(memory_format=torch.channels_last)
    return objective


def build_adversary(variant: Variant) -> Adversary | None:
    """Build the adversary of a variant, weights initialised from torch's generator; None if it has none."""
    adversary = variant.adversary
    if isinstance(adversary, NoAdversary):
        return None
    adversary_class = load_class(ADVERSARIES, adversary.kind)
    return adversary_class(variant.image_size, tuple(adversary.channels), adversary.weight,
                           **adversary_options(variant))


def build_extra(variant: Variant) -> dict[str, tuple[float, nn.Module]]:
    """Build the terms of loss.extra: name → weight and module."""
    return {name: (options["weight"], load_class(TERMS, name)(**term_options(options)))
            for name, options in getattr(variant.loss, "extra", {}).items()}
