"""From a variant's configuration to the objective that trains it."""

from pathlib import Path

import torch
from torch import nn

from pipeline.by_name import class_of, module
from pipeline.config import Variant
from pipeline.errors import InputError
from pipeline.losses.objective import Objective
from pipeline.models.build import build_model, check_choice, check_options
from pipeline.vocabulary import ADVERSARIES, RECONSTRUCTIONS, TERMS


def build_objective(variant: Variant, loss_network: Path) -> Objective:
    """The objective of a variant on the CPU, in float32, weights initialised from train.seed.

    loss_network: the file of a feature loss.
    """
    torch.manual_seed(variant.train.seed)
    loss = variant.loss
    model = build_model(variant)
    reconstruction_and_weights = (None, 0.0, 0.0)
    if variant.encodes:
        reconstruction_and_weights = module(RECONSTRUCTIONS, loss.reconstruction).build(loss, loss_network)
    objective = Objective(model, *reconstruction_and_weights, build_extra(variant), build_adversary(variant),
                          getattr(variant.adversary, "steps", 0))
    return objective.to(memory_format=torch.channels_last)


def build_adversary(variant: Variant) -> nn.Module | None:
    adversary = variant.adversary
    if adversary.kind == "none":
        return None
    return class_of(ADVERSARIES, adversary.kind)(variant.image_size, tuple(adversary.channels), adversary.weight,
                                                 **adversary_options(variant))


def adversary_options(variant: Variant) -> dict:
    """What the adversary's class takes beside image_size, channels and weight."""
    settings = variant.adversary.model_dump(exclude={"kind", "weight", "steps", "channels", "learning_rate"})
    options = settings.pop("options", {})
    return settings | options


def build_extra(variant: Variant) -> dict[str, tuple[float, nn.Module]]:
    """Name → weight and module of the terms in loss.extra."""
    return {name: (options["weight"], class_of(TERMS, name)(**without_weight(options)))
            for name, options in getattr(variant.loss, "extra", {}).items()}


def without_weight(options: dict) -> dict:
    return {name: value for name, value in options.items() if name != "weight"}


def check_extra(variant: Variant) -> None:
    """InputError where a term of loss.extra does not exist, has no weight, or does not take its options."""
    for name, options in getattr(variant.loss, "extra", {}).items():
        where = f"loss.extra.{name}"
        check_choice(TERMS, name, f"params.yaml: a term in loss.extra of variant {variant.name}")
        weight = options.get("weight")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight > 0:
            raise InputError(f"params.yaml: {where}.weight is {weight!r}, but should be a number above 0")
        check_options(class_of(TERMS, name), without_weight(options), where)


def check_adversary(variant: Variant) -> None:
    """InputError where the adversary does not exist or does not take its options."""
    adversary = variant.adversary
    if adversary.kind != "none":
        check_choice(ADVERSARIES, adversary.kind, f"params.yaml: adversary.kind of variant {variant.name}")
        check_options(class_of(ADVERSARIES, adversary.kind), adversary_options(variant), "adversary.options", given=3)
