"""What the file of a choice defines, read without running it: torch, which most of them import, takes seconds to load.

Where the text alone does not tell, as for a class that inherits from another choice, the file is imported after all.
"""

import ast
import inspect
from importlib import util
from pathlib import Path
from typing import Any

from pipeline import vocabulary
from pipeline.registry import load_class, load_module

PLAIN = {"nn.Module", "torch.nn.Module", "Module", "object"}  # bases that bring neither options nor an encoder
OURS = {"Model", "Adversary"}  # bases that bring no encoder; of these a class says itself what it takes
PARAMETER = inspect.Parameter


def class_of(folder: str, name: str) -> type[Any]:
    """Return the class of a choice, or one of the same name, signature and methods.

    Raises:
        InputError: The file has no class named like it.
    """
    tree = parsed(folder, name)
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef) and node.name.lower() == name.replace("_", "").lower():
            return stand_in(node) or load_class(folder, name)
    return load_class(folder, name)


def has_function(folder: str, name: str, function: str) -> bool:
    """Return whether the file of a choice has a function."""
    tree = parsed(folder, name)
    if tree and any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body):
        return True
    return callable(getattr(load_module(folder, name), function, None))


def parsed(folder: str, name: str) -> ast.Module | None:
    """Return the syntax tree of a choice's file; None if it imports what is not there, which its import will say."""
    tree = ast.parse((Path(vocabulary.__file__).parent / folder / f"{name}.py").read_text())
    return tree if all(map(is_there, imported(tree))) else None


def imported(tree: ast.Module) -> set[str]:
    """Return the modules that a file imports: those of this project whole, of others the package."""
    names = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name if name.startswith("pipeline.") else name.partition(".")[0] for name in names}


def is_there(module: str) -> bool:
    """Return whether a module can be found; imports only the packages in which it lies."""
    try:
        return util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def stand_in(node: ast.ClassDef) -> type[Any] | None:
    """Return a class with the name, signature and methods of one in a text; None if the text does not tell them."""
    methods = {inner.name: inner for inner in node.body if isinstance(inner, ast.FunctionDef)}
    bases, constructor = {ast.unparse(base) for base in node.bases}, methods.get("__init__")
    if node.decorator_list or node.keywords or not bases <= PLAIN | (OURS if constructor else set()):
        return None
    if (constructor and constructor.decorator_list) or "__new__" in methods:
        return None
    parameters = parameters_of(constructor.args)[1:] if constructor else []
    attributes: dict[str, Any] = {**methods, "__signature__": inspect.Signature(parameters)}
    attributes.pop("__init__", None)
    return type(node.name, (), attributes)


def parameters_of(arguments: ast.arguments) -> list[inspect.Parameter]:
    """Return the parameters of a function in a text, each with the default None if it has one."""
    def parameter(argument: ast.arg, kind: Any, has_default: bool) -> inspect.Parameter:
        return PARAMETER(argument.arg, kind, default=None if has_default else PARAMETER.empty)

    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    found = [parameter(argument, PARAMETER.POSITIONAL_ONLY if argument in arguments.posonlyargs else
                       PARAMETER.POSITIONAL_OR_KEYWORD, number >= required)
             for number, argument in enumerate(positional)]
    if arguments.vararg:
        found.append(parameter(arguments.vararg, PARAMETER.VAR_POSITIONAL, has_default=False))
    found += [parameter(argument, PARAMETER.KEYWORD_ONLY, default is not None)
              for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        found.append(parameter(arguments.kwarg, PARAMETER.VAR_KEYWORD, has_default=False))
    return found
