"""Code that params.yaml names: each choice is a file of its own, found by its name (`vocabulary.choices`)."""

import inspect
from importlib import import_module
from types import ModuleType

from pipeline.errors import InputError
from pipeline.vocabulary import module_name


def module(folder: str, name: str) -> ModuleType:
    """The imported module of a choice."""
    return import_module(module_name(folder, name))


def class_of(folder: str, name: str) -> type:
    """The class in the file of a choice whose name is the file's: total_variation.py has TotalVariation, vae.py VAE.

    Raises InputError where the file has none.
    """
    found = module(folder, name)
    for written, value in vars(found).items():
        if inspect.isclass(value) and value.__module__ == found.__name__ and \
                written.lower() == name.replace("_", "").lower():
            return value
    camel = "".join(part.capitalize() for part in name.split("_"))
    raise InputError(f"pipeline/{folder}/{name}.py has no class named like the file; name its class {camel}")
