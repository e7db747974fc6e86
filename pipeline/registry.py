"""Code that params.yaml names: each choice is a file of its own, found by its name (`vocabulary.choices`)."""

import inspect
from importlib import import_module
from types import ModuleType
from typing import Any

from pipeline.errors import InputError
from pipeline.vocabulary import module_name


def load_module(folder: str, name: str) -> ModuleType:
    """Import the module of a choice: ("data/views", "eyes") → pipeline.data.views.eyes."""
    return import_module(module_name(folder, name))


def load_class(folder: str, name: str) -> type[Any]:
    """Return the class that has the name of its file: total_variation.py has TotalVariation, vae.py has VAE.

    Raises:
        InputError: The file has no such class.
    """
    module = load_module(folder, name)
    for class_name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__ and \
                class_name.lower() == name.replace("_", "").lower():
            return value
    camel = "".join(part.capitalize() for part in name.split("_"))
    raise InputError(f"pipeline/{folder}/{name}.py has no class named like the file; name its class {camel}")
