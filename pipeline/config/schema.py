"""The JSON schema of params.yaml, by which editors complete and check it.

`python -m pipeline.config.schema > docs/params.schema.json` writes it, and a test compares it. It is built from the
typed sections. A null is allowed where a scale of the committed params.yaml fills it.
"""

import copy
import json
from typing import Any

import yaml

from pipeline.config.adversaries import ADVERSARY_KINDS, OwnAdversaryConfig
from pipeline.config.losses import LOSSES
from pipeline.config.params import RESERVED, SHARED_ONLY, Kinds, Params
from pipeline.errors import exit_on_input_error
from pipeline.paths import PARAMS

Schema = dict[str, Any]
Scales = dict[str, dict[str, Any]]  # name → section → values

OF_VARIANTS = ("model", "loss", "adversary", "train")
VARIANT_NAME = {"pattern": r"^[^\W\d]\w*$", "not": {"enum": list(RESERVED)}}  # it names files


def params_schema(scales: Scales) -> Schema:
    """Return the JSON schema of params.yaml.

    Args:
        scales: Its block of this name.
    """
    whole = without_titles(inline(Params.model_json_schema()))
    properties = whole["properties"]
    for name, kinds in {"loss": LOSSES, "adversary": ADVERSARY_KINDS | {"own": OwnAdversaryConfig}}.items():
        properties[name] = union_of_kinds(kinds) | {"description": properties[name]["description"]}
    own = {name: partial(properties[name], null_values=True) for name in OF_VARIANTS}
    del own[SHARED_ONLY[0]]["properties"][SHARED_ONLY[1]]
    variants = {"type": "object", "description": properties["variants"]["description"], "propertyNames": VARIANT_NAME}
    sections = {name: section for name, section in properties.items() if section.get("properties")}
    parts = {name: partial(section) for name, section in sections.items()}
    parts["variants"] = variants | {"additionalProperties": block({name: parts[name] for name in OF_VARIANTS})}
    properties["scales"] |= {"additionalProperties": block(parts)}
    properties["scale"]["enum"] = list(scales)
    properties["variants"] = variants | {
        "additionalProperties": block({name: or_null(section) for name, section in own.items()})}
    for values in scales.values():
        for name in sections.keys() & values.keys():
            for parameter in values[name]:
                section = properties[name]["properties"]
                section[parameter] = or_null(section[parameter])
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "params.yaml", **whole,
            "description": "Every parameter of the pipeline."}


def inline(schema: Schema) -> Schema:
    """Return a schema of pydantic with its definitions where it refers to them."""
    definitions = schema.pop("$defs", {})

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolved(definitions[node["$ref"].rpartition("/")[2]])
        return {key: resolved(value) for key, value in node.items()}

    expanded: Schema = resolved(schema)
    return expanded


def without_titles(node: Any) -> Any:
    """Return a schema without the titles that pydantic makes of names."""
    if isinstance(node, list):
        return [without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: without_titles(value) for key, value in node.items()
            if not (key == "title" and isinstance(value, str))}


def union_of_kinds(kinds: Kinds) -> Schema:
    """Return the schema of a section that may have the parameters of any kind, and must choose one."""
    properties: Schema = {}
    chooser = next(iter(kinds["none"].model_fields))  # the only parameter of none
    for kind in kinds.values():
        for name, schema in without_titles(inline(kind.model_json_schema()))["properties"].items():
            properties.setdefault(name, schema)
    names = list(kinds)
    properties[chooser] = {"type": "string", "description": properties[chooser]["description"]}
    properties[chooser] |= {"examples": names[:-1]} if "own" in kinds else {"enum": names}
    return block(properties) | {"required": [chooser]}


def block(properties: Schema) -> Schema:
    """Return the schema of a block with some of these parameters and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


def partial(section: Schema, null_values: bool = False) -> Schema:
    """Return the schema of a block that changes parts of a section; `null_values`: a scale may fill each value."""
    properties = copy.deepcopy(section["properties"])
    return block({name: or_null(schema) if null_values else schema for name, schema in properties.items()})


def or_null(schema: Schema) -> Schema:
    """Return a schema that allows null too; its description stays at the top."""
    if {"type": "null"} in schema.get("anyOf", []):
        return schema
    alternatives = [*schema["anyOf"]] if "anyOf" in schema else \
        [{key: value for key, value in schema.items() if key != "description"}]
    described = {"description": schema["description"]} if "description" in schema else {}
    return {**described, "anyOf": [*alternatives, {"type": "null"}]}


def as_text(schema: Schema) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Print the schema for the scales of params.yaml."""
    print(as_text(params_schema(yaml.safe_load(PARAMS.read_text())["scales"])), end="")


if __name__ == "__main__":
    with exit_on_input_error():
        main()
