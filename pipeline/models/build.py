"""From a variant's configuration to its model. A new architecture is registered here."""

import inspect
from pkgutil import resolve_name

from torch import nn

from pipeline.config import Variant, did_you_mean
from pipeline.errors import InputError

# Name for params.yaml → module:class. Each is made from latent_dim, image_size, channels and model.options, has
# attributes latent_dim and image_size, and a method decode; one that is trained with a reconstruction loss also has
# encode. See VAE.
ARCHITECTURES = {
    "vae": "pipeline.models.vae:VAE",
    "dcgan": "pipeline.models.dcgan:DCGAN",
}


def build_model(variant: Variant) -> nn.Module:
    """The variant's model, weights initialised from torch's generator."""
    model = variant.model
    architecture = resolve_name(ARCHITECTURES[model.architecture])
    return architecture(model.latent_dim, variant.image_size, tuple(model.channels), **model.options)


def check_model(variant: Variant) -> None:
    """InputError where the architecture does not exist, does not take the options, or has no encoder but needs one."""
    model, where = variant.model, f"params.yaml: model.architecture of variant {variant.name}"
    if model.architecture not in ARCHITECTURES:
        raise InputError(f"{where} is {model.architecture}, which is not one of {', '.join(ARCHITECTURES)}; "
                         "register it in pipeline/models/build.py")
    architecture = resolve_name(ARCHITECTURES[model.architecture])
    check_options(architecture, model.options, "model.options", given=3)
    if variant.encodes and not hasattr(architecture, "encode"):
        raise InputError(f"{where} is {model.architecture}, which has no encoder, so loss.reconstruction must be none, "
                         f"not {variant.loss.reconstruction}")


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
