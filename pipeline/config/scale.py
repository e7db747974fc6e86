"""Filling nulls of params.yaml from the block that `scale` names."""

import copy
from typing import Any

from pipeline.config.params import Params
from pipeline.config.refusals import require_block
from pipeline.errors import InputError, did_you_mean


def fill_from_scale(raw: dict[str, Any]) -> dict[str, Any]:
    """Return params.yaml with nulls replaced by the values of `scales.<scale>`; a value that is set wins.

    Raises:
        InputError: There is no such scale, or a scale names an unknown parameter.
    """
    scales, scale = require_block(raw.get("scales"), "scales"), raw.get("scale")
    if not isinstance(scale, str) or scale not in scales:
        raise InputError(f"params.yaml: scale is {scale!r}; it must be one of {', '.join(map(str, scales))}.")
    filled = copy.deepcopy(raw)
    for name, sections in scales.items():
        for section, values in require_block(sections, f"scales.{name}").items():
            where = f"scales.{name}.{section}"
            if section not in Params.model_fields:
                raise InputError(f"params.yaml: {where} is not a known section"
                                 f"{did_you_mean(section, Params.model_fields)}")
            into = filled.get(section)
            if section == "variants" and isinstance(into, dict):  # a variant that was removed needs no values
                values = {key: value for key, value in require_block(values, where).items() if key in into}
            fill_nulls(into, require_block(values, where), where, only_check=name != scale)
    return filled


def fill_nulls(into: Any, values: dict[str, Any], where: str, only_check: bool) -> None:
    """Replace nulls in `into` by `values`, block by block.

    Args:
        into: A section of params.yaml, or a block in it; it is changed.
        values: What a scale has for it.
        where: Dotted path of `values`, for errors.
        only_check: Change nothing, but refuse unknown parameters.

    Raises:
        InputError: `into` has no such parameter.
    """
    if not isinstance(into, dict):
        return  # `validated` says later that the section itself is wrong
    for key, value in values.items():
        if key not in into:
            raise InputError(f"params.yaml: {where}.{key} is not a known parameter{did_you_mean(key, into)}")
        if isinstance(into[key], dict):
            fill_nulls(into[key], require_block(value, f"{where}.{key}"), f"{where}.{key}", only_check)
        elif into[key] is None and not only_check:
            into[key] = value
