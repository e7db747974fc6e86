"""One sentence for what is wrong in params.yaml, which names the parameter at fault by its dotted path."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.config.adversaries import ADVERSARY_KINDS
from pipeline.config.losses import LOSSES
from pipeline.errors import InputError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
TAGS = (*LOSSES, *ADVERSARY_KINDS, "own")  # pydantic puts the chosen kind into an error's path


def validated(model: type[Model], values: dict[str, Any], own: dict[tuple[str, str], str] | None = None) -> Model:
    """Return a model made from `values`.

    Args:
        model: The type.
        values: Its fields.
        own: (section, key) → dotted path of the block that set it, such as variants.dfc, where it is not the section.

    Raises:
        InputError: A value is wrong; the sentence names the first such parameter.
    """
    try:
        return model.model_validate(values)
    except ValidationError as failure:
        errors = sorted(failure.errors(), key=lambda error: error["type"] != "extra_forbidden")  # a typo explains most
    first = errors[0]
    path = [str(part) for part in first["loc"] if part not in TAGS]
    section, *rest = path
    block = (own or {}).get((section, rest[0])) if rest else None
    dotted = ".".join([block, *path] if block else path)
    if first["type"] == "extra_forbidden":
        problem = f"{dotted} is not a known parameter{did_you_mean(path[-1], known_beside(model, path))}"
    elif first["type"] == "missing":
        problem = f"{dotted} is missing; restore it from the committed params.yaml"
    elif first["type"] == "value_error":
        problem = f"{dotted}: {first['ctx']['error']}"
    else:
        message = first["msg"].removeprefix("Input ")
        problem = f"{dotted} is {first['input']!r}, but {message[0].lower() + message[1:]}"
    more = f" ({len(errors) - 1} more after this one)" if len(errors) > 1 else ""
    raise InputError(f"params.yaml: {problem}{more}")


def known_beside(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the known names at the place of the last part of a dotted path."""
    for part in path[:-1]:
        field = model.model_fields.get(part)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return list(model.model_fields)


def require_block(value: Any, name: str) -> dict[str, Any]:
    """Return `value`, or raise InputError unless it is a block of parameters. name: its dotted path."""
    if not isinstance(value, dict):
        raise InputError(f"params.yaml: {name} is {value!r}, but should be a block of parameters")
    return value
