"""From a variant's configuration to the objective that trains it. A new term or adversary is registered here."""

from pathlib import Path
from pkgutil import resolve_name

import torch
from torch import nn

from pipeline.config import Variant, did_you_mean
from pipeline.errors import InputError
from pipeline.losses.adversary import Discriminator, WassersteinCritic
from pipeline.losses.loss_network import feature_loss_of
from pipeline.losses.objective import Objective
from pipeline.losses.reconstruction import PixelLoss
from pipeline.models.build import build_model, check_options

# For loss.extra: name for params.yaml → module:class. Each is called with (reconstruction, image), both N×3×S×S in
# -1 … 1, and returns a float32 scalar averaged over the batch. Its keyword arguments are options in params.yaml.
TERMS = {
    "total_variation": "pipeline.losses.total_variation:TotalVariation",
}


def build_objective(variant: Variant, loss_network: Path) -> Objective:
    """The objective of a variant on the CPU, in float32, weights initialised from the variant's seed.

    kl_images makes eq. 5 independent of the batch size: KL is summed over that many images where L_rec is averaged.
    """
    torch.manual_seed(variant.seed)
    loss = variant.loss
    model = build_model(variant)
    if loss.reconstruction == "feature":
        reconstruction = feature_loss_of(loss, loss_network)
        weights = loss.alpha * loss.kl_images, loss.beta
    elif loss.reconstruction == "pixel":
        reconstruction, weights = PixelLoss(loss.pixel_sigma), (1.0, 1.0)
    else:
        reconstruction, weights = None, (0.0, 0.0)
    objective = Objective(model, reconstruction, *weights, build_extra(variant), build_adversary(variant),
                          getattr(variant.adversary, "steps", 0))
    return objective.to(memory_format=torch.channels_last)


def build_adversary(variant: Variant) -> nn.Module | None:
    adversary = variant.adversary
    if adversary.kind == "none":
        return None
    size_and_weight = variant.image_size, tuple(adversary.channels), adversary.weight
    if adversary.kind == "gan":
        return Discriminator(*size_and_weight)
    return WassersteinCritic(*size_and_weight, adversary.lipschitz, adversary.penalty_weight, adversary.clip)


def build_extra(variant: Variant) -> dict[str, tuple[float, nn.Module]]:
    """Name → weight and module of the terms in loss.extra."""
    return {name: (options["weight"], resolve_name(TERMS[name])(**without_weight(options)))
            for name, options in getattr(variant.loss, "extra", {}).items()}


def without_weight(options: dict) -> dict:
    return {name: value for name, value in options.items() if name != "weight"}


def check_extra(variant: Variant) -> None:
    """InputError where a term of loss.extra does not exist, has no weight, or does not take its options."""
    for name, options in getattr(variant.loss, "extra", {}).items():
        where = f"loss.extra.{name}"
        if name not in TERMS:
            raise InputError(f"params.yaml: {where} of variant {variant.name} is not one of {', '.join(TERMS)}"
                             f"{did_you_mean(name, TERMS)}; register it in pipeline/losses/build.py")
        weight = options.get("weight")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight > 0:
            raise InputError(f"params.yaml: {where}.weight is {weight!r}, but should be a number above 0")
        check_options(resolve_name(TERMS[name]), without_weight(options), where)
