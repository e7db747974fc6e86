"""Checks of a variant against the code that it names: whether the code exists and takes the options.

`pipeline.config` checks names and values without that code. Here it is read, and seldom run (`written`).
"""

import inspect
from collections.abc import Sequence
from typing import Any

from pipeline.config.fields import NO_FILE
from pipeline.config.params import Params
from pipeline.config.variant import Variant
from pipeline.errors import InputError, did_you_mean, experiment_copy_hint
from pipeline.losses.options import adversary_options, term_options
from pipeline.models.start_weights import check_start_weights
from pipeline.plan.written import class_of, has_function
from pipeline.vocabulary import ADVERSARIES, ARCHITECTURES, ATTRIBUTES, BASELINES, TERMS, choices

# Arguments that are no options: builders always give these first.
GIVEN_TO_A_MODEL = 3  # latent_dim, image_size, channels
GIVEN_TO_AN_ADVERSARY = 3  # image_size, channels, weight
WITH_CELEBAS_ATTRIBUTES = ("celeba", "synthetic")  # values of data.source


def check_variant(variant: Variant) -> None:
    """Raise InputError unless the code that a variant names exists and takes its options, and its first weights fit."""
    check_model(variant)
    check_extra(variant)
    check_adversary(variant)
    check_start_weights(variant)


def check_model(variant: Variant) -> None:
    """Raise InputError unless the architecture exists, takes the options, and has an encoder where one is needed."""
    model, where = variant.model, f"params.yaml: model.architecture of variant {variant.name}"
    check_choice(ARCHITECTURES, model.architecture, where)
    architecture = class_of(ARCHITECTURES, model.architecture)
    check_options(architecture, model.options, "model.options", GIVEN_TO_A_MODEL)
    if variant.encodes and not hasattr(architecture, "encode"):
        raise InputError(f"{where} is {model.architecture}, which has no encoder, so loss.reconstruction must be none, "
                         f"not {variant.loss.reconstruction}")


def check_extra(variant: Variant) -> None:
    """Raise InputError unless each term of loss.extra exists, has a weight and takes its options."""
    for name, options in getattr(variant.loss, "extra", {}).items():
        where = f"loss.extra.{name}"
        check_choice(TERMS, name, f"params.yaml: a term in loss.extra of variant {variant.name}")
        weight = options.get("weight")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight > 0:
            raise InputError(f"params.yaml: {where}.weight is {weight!r}, but should be a number above 0")
        check_options(class_of(TERMS, name), term_options(options), where)


def check_adversary(variant: Variant) -> None:
    """Raise InputError unless the adversary, if there is one, exists and takes its options."""
    kind = variant.adversary.kind
    if kind == "none":
        return
    check_choice(ADVERSARIES, kind, f"params.yaml: adversary.kind of variant {variant.name}")
    check_options(class_of(ADVERSARIES, kind), adversary_options(variant), "adversary.options",
                  GIVEN_TO_AN_ADVERSARY)


def check_baselines(methods: Sequence[str]) -> None:
    """Raise InputError unless the file of each baseline has the function that measures it."""
    for method in methods:
        if not has_function(BASELINES, method, "measure"):
            raise InputError(f"pipeline/{BASELINES}/{method}.py has no function measure; add it, as the others have "
                             "it, or leave the baseline out of baselines.methods")


def check_correlation(params: Params) -> None:
    """Raise InputError unless attributes.correlation names CelebA's, where the data set is known to have these."""
    if params.data.source not in WITH_CELEBAS_ATTRIBUTES:
        return
    for name in params.attributes.correlation:
        if name not in ATTRIBUTES:
            raise InputError(f"params.yaml: attributes.correlation: {name} is not one of CelebA's attributes"
                             f"{did_you_mean(name, ATTRIBUTES)}")


def check_weights_of_metrics(params: Params) -> None:
    """Raise InputError unless the files of Inception's and LPIPS's weights, as far as there are any, hold them.

    Else a stage behind all trainings would say so. Where there is no file, nothing is imported for this.
    """
    if params.sampling.inception != NO_FILE:
        from pipeline.evaluation.inception import read_inception

        read_inception(params.sampling.inception)
    if params.evaluate.lpips != NO_FILE:
        from pipeline.evaluation.lpips import read_lpips

        read_lpips(params.evaluate.lpips)


def check_choice(folder: str, name: str, where: str) -> None:
    """Raise InputError unless a folder of choices has a file of this name.

    Args:
        folder: One of `pipeline.vocabulary`, such as TERMS.
        name: The choice.
        where: The parameter that names it, in words.
    """
    known = choices(folder)
    if name not in known:
        raise InputError(f"{where} is {name}, which is neither one of {', '.join(known)} nor a file of your own, "
                         f"pipeline/{folder}/{name}.py{experiment_copy_hint('add it to Git')}"
                         f"{did_you_mean(name, known)}")


def check_options(of: type[Any], options: dict[str, Any], where: str, given: int = 0) -> None:
    """Raise InputError unless `options` are keyword arguments of a class, and none that it needs is missing.

    Args:
        of: The class.
        options: Keyword arguments.
        where: Dotted path of the parameter that holds them.
        given: Number of leading arguments that are no options.
    """
    taken = [parameter for parameter in inspect.signature(of).parameters.values()
             if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)][given:]
    names = [parameter.name for parameter in taken]
    for name in options:
        if name not in names:
            raise InputError(f"params.yaml: {where}.{name} is not an option of {of.__name__}"
                             f"{did_you_mean(name, names)}")
    for parameter in taken:
        if parameter.default is parameter.empty and parameter.name not in options:
            raise InputError(f"params.yaml: {where}.{parameter.name} is missing, and {of.__name__} needs it")
