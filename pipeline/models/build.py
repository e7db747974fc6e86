"""From a variant's configuration to its model."""

import inspect

from torch import nn

from pipeline.by_name import class_of
from pipeline.config import Variant, did_you_mean
from pipeline.errors import InputError, in_a_copy
from pipeline.vocabulary import ARCHITECTURES, choices


def build_model(variant: Variant) -> nn.Module:
    """The variant's model, weights initialised from torch's generator."""
    model = variant.model
    architecture = class_of(ARCHITECTURES, model.architecture)
    return architecture(model.latent_dim, variant.image_size, tuple(model.channels), **model.options)


def check_model(variant: Variant) -> None:
    """InputError where the architecture does not exist, does not take the options, or has no encoder but needs one."""
    model, where = variant.model, f"params.yaml: model.architecture of variant {variant.name}"
    check_choice(ARCHITECTURES, model.architecture, where)
    architecture = class_of(ARCHITECTURES, model.architecture)
    check_options(architecture, model.options, "model.options", given=3)
    if variant.encodes and not hasattr(architecture, "encode"):
        raise InputError(f"{where} is {model.architecture}, which has no encoder, so loss.reconstruction must be none, "
                         f"not {variant.loss.reconstruction}")


def check_choice(folder: str, name: str, where: str) -> None:
    """InputError where `pipeline`/`folder` has no file of this name; `where` is the parameter that has it."""
    known = choices(folder)
    if name not in known:
        raise InputError(f"{where} is {name}, which is neither one of {', '.join(known)} nor a file of your own, "
                         f"pipeline/{folder}/{name}.py{in_a_copy('add it to Git')}{did_you_mean(name, known)}")


def check_options(of: type, options: dict, where: str, given: int = 0) -> None:
    """InputError where `options` are not keyword arguments of a class, beyond the `given` first ones, or lack one."""
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
