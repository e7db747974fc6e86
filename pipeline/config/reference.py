"""The page docs/parameters.md: every parameter, its default, what it may be, and what it means.

`python -m pipeline.config.reference > docs/parameters.md` writes it, and a test compares it.
"""

import json
from typing import Any

import yaml

from pipeline.config.schema import Schema, params_schema
from pipeline.errors import exit_on_input_error
from pipeline.paths import PARAMS
from pipeline.vocabulary import ATTRIBUTES, LAYERS

INTRODUCTION = """# Parameters

`params.yaml` holds every parameter of the pipeline. Change one for an experiment with
`dvc exp run -S train.batch_size=128`, or in the file for good. A typo or a wrong value is refused in one sentence
before anything runs, and an editor that knows the YAML language server completes and checks names and values by
`docs/params.schema.json`.

[1] is Hou et al. 2016, "Deep Feature Consistent Variational Autoencoder"; [code] is its authors' Lua code; [2] is Hou
et al. 2019, "Improving Variational Autoencoder with Deep Feature Consistent and Generative Adversarial Training".

A default that depends on `scale` stands with the name of the scale.
`python -m pipeline.config.reference > docs/parameters.md` writes this page, and a test compares it.
"""
OF_VARIANTS = """
## variants

One model is trained for each block. A block may change any parameter of `model`, `loss`, `adversary` and `train`, only
for its variant; everything else it shares. A variant has a name of letters, digits and underscores.

| variant | what its block changes |
|---|---|
"""
SHARED = """
## scale, scales, seed

`scales` has a block for each scale. Its values take the place of nulls in the sections below; a value that is set wins.

"""
HEAD = "| parameter | default | allowed | meaning |\n|---|---|---|---|\n"


def page(params: dict[str, Any]) -> str:
    """Return the page in Markdown.

    Args:
        params: The contents of params.yaml.
    """
    scales: dict[str, dict[str, Any]] = params["scales"]
    properties = params_schema(scales)["properties"]
    text = INTRODUCTION + SHARED + HEAD + "".join(
        row(name, in_words(params[name]), properties[name]) for name in ("scale", "seed"))
    for name, section in properties.items():
        if name == "variants":
            text += OF_VARIANTS + "".join(f"| `{variant}` | {changes(values)} |\n" for variant, values in
                                          params["variants"].items())
        elif "properties" in section:
            text += f"\n## {name}\n\n{describe_section(section)}{HEAD}" + "".join(
                row(f"{name}.{parameter}", default(params, name, parameter), schema)
                for parameter, schema in section["properties"].items())
    return text


def describe_section(section: Schema) -> str:
    """Return a paragraph with the description of a section, "" if it has none."""
    return f"{section['description']}\n\n" if "description" in section else ""


def row(path: str, value: str, schema: Schema) -> str:
    """Return a table's row for the parameter with this dotted path and default."""
    cells = (f"`{path}`", value, allowed(schema), schema["description"])
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def default(params: dict[str, Any], section: str, parameter: str) -> str:
    """Return the value in params.yaml, or the values of the scales that fill it."""
    value = params[section][parameter]
    filled = [f"{in_words(sections[section][parameter])} ({scale})" for scale, sections in params["scales"].items()
              if parameter in sections.get(section, {})]
    return ", ".join(filled) if value is None and filled else in_words(value)


def changes(block: dict[str, Any]) -> str:
    """Return what the block of a variant changes, such as `loss.reconstruction`: pixel."""
    return "; ".join(f"`{section}.{name}`: {'by scale' if value is None else in_words(value)}"
                     for section, values in block.items() for name, value in (values or {}).items()) or "nothing"


def in_words(value: Any) -> str:
    """Return a value as it stands in a cell: true, null, numbers and texts as YAML reads them back."""
    if isinstance(value, list):
        return ", ".join(map(in_words, value)) or "[]"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {in_words(item)}" for name, item in value.items()) or "{}"
    return yaml.safe_dump(value, allow_unicode=True, width=10**6).removesuffix("\n").removesuffix("\n...")


def allowed(schema: Schema) -> str:
    """Return in words which values a schema allows."""
    if "anyOf" in schema:
        return ", or ".join(dict.fromkeys(map(allowed, schema["anyOf"])))
    if tuple(schema.get("examples", ())) == ATTRIBUTES:
        return "attribute of the data set"
    if "const" in schema:
        return f"`{in_words(schema['const'])}`"
    if "enum" in schema:
        names = tuple(schema["enum"])
        known = {LAYERS: "layer of VGG-19, `relu1_1` … `relu5_4`"}
        return known.get(names) or ", ".join(f"`{json.dumps(name).strip(chr(34))}`" for name in names)
    kind = schema["type"]
    if kind == "array":
        number = f"{schema['maxItems']} of: " if schema.get("maxItems") else "list of: "
        return number + allowed(schema["items"])
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"block, each: {allowed(inner)}" if isinstance(inner, dict) and "properties" not in inner else "block"
    names_of_kinds = {"integer": "integer", "number": "number", "string": "text", "null": "null",
                      "boolean": "`true` or `false`"}
    return names_of_kinds[kind] + limits(schema)


def limits(schema: Schema) -> str:
    """Return the range of a number in words, with a blank before it; "" if it has none."""
    whole, words = schema["type"] == "integer", []
    if "exclusiveMinimum" in schema:
        words.append(f"at least {schema['exclusiveMinimum'] + 1}" if whole else f"above {schema['exclusiveMinimum']}")
    if "minimum" in schema:
        words.append(f"at least {schema['minimum']}")
    if "maximum" in schema:
        words.append(f"at most {schema['maximum']}")
    if "exclusiveMaximum" in schema:
        words.append(f"below {schema['exclusiveMaximum']}")
    if "multipleOf" in schema:
        words.append(f"a multiple of {schema['multipleOf']}")
    return f" {', '.join(words)}" if words else ""


def main() -> None:
    """Print the page for params.yaml."""
    print(page(yaml.safe_load(PARAMS.read_text())), end="")


if __name__ == "__main__":
    with exit_on_input_error():
        main()
