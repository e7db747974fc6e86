"""Arguments of `dvc` on which DVC fails, or which it reads otherwise than people mean them."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.files.yaml_file import parse_yaml
from pipeline.paths import PARAMS

SET_PARAM = ("-S", "--set-param")
GLOBAL = ("--wait-for-lock", "-q", "--quiet", "-v", "-vv", "--verbose")  # options of DVC itself, before its command
# Parameters that name a file or folder on which dvc.yaml makes stages depend, and what stands for none.
NAMES_A_FILE = {"data.root": "data/celeba", "loss_network.file": "data/none", "sampling.inception": "data/none",
                "evaluate.lpips": "data/none", "train.start_from": "data/none"}


def null_file(arguments: list[str], params: Path = PARAMS) -> str:
    """Return the first of NAMES_A_FILE that is null in params.yaml or by an override; "" if none is.

    DVC fails on such a null without saying why.
    """
    try:
        known = parse_yaml(params.read_text()) if params.is_file() else {}
    except (yaml.YAMLError, UnicodeDecodeError):  # DVC says where
        return ""
    values = {name: lookup(known, name) for name in NAMES_A_FILE if has(known, name)}
    for argument in arguments:
        name, equals, value = argument.removeprefix("--set-param=").removeprefix("-S").partition("=")
        name = name.removeprefix("params.yaml:").lstrip("+")
        if equals and name in NAMES_A_FILE:
            values[name] = None if value.lower() in ("null", "~", "") else value
    return next((name for name, value in values.items() if value is None), "")


def with_lists(arguments: list[str], params: Path = PARAMS) -> list[str]:
    """Return the arguments with list parameters of `exp run` in DVC's own spelling.

    DVC reads `-S loss.layers=relu3_1,relu4_1` as a sweep over two values, and refuses it without --queue. If the
    parameter is a list in params.yaml, a bare comma list becomes `loss.layers=[relu3_1,relu4_1]`. Arguments of other
    commands stay as they are.
    """
    if command_of(arguments)[:2] not in (["exp", "run"], ["experiments", "run"]) or not params.is_file():
        return arguments
    is_sweep = "--queue" in arguments
    try:
        known = parse_yaml(params.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):  # DVC says where
        return arguments
    rewritten, is_value = [], False
    for argument in arguments:
        option = next((option for option in ("--set-param=", "-S") if argument.startswith(option)
                       and argument != option), "")
        if is_value or option:
            argument = option + with_list(argument.removeprefix(option), known, is_sweep)
        is_value = not is_value and argument in SET_PARAM
        rewritten.append(argument)
    return rewritten


def command_of(arguments: Sequence[str]) -> list[str]:
    """Return the arguments from DVC's command on, without options of DVC itself such as --wait-for-lock."""
    return list(itertools.dropwhile(lambda argument: argument in GLOBAL, arguments))


def with_list(override: str, params: Any, is_sweep: bool) -> str:
    r"""Return `[file:]name=a,b` as `name=[a,b]` if `name` is a list in `params`.

    In a sweep an unescaped comma separates values, and only `a\,b` becomes a list.
    """
    name, equals, value = override.partition("=")
    if not equals or value.startswith("[") or not isinstance(lookup(params, name.removeprefix("params.yaml:")), list):
        return override
    if is_sweep and "\\," not in value:
        return override
    return f"{name}=[{value.replace(chr(92) + ',', ',')}]"


def has(params: Any, name: str) -> bool:
    """Return True if a dotted name is there, also with null."""
    *sections, key = name.split(".")
    block = lookup(params, ".".join(sections))
    return isinstance(block, dict) and key in block


def lookup(params: Any, name: str) -> Any:
    """Return the value at a dotted name, or None."""
    for key in name.split("."):
        if not isinstance(params, dict) or key not in params:
            return None
        params = params[key]
    return params
