"""Reading params.yaml."""

import os
from pathlib import Path

import yaml

from pipeline.config.params import KEYS, Params
from pipeline.config.refusals import validated
from pipeline.config.scale import fill_from_scale
from pipeline.errors import InputError, did_you_mean
from pipeline.files.yaml_file import parse_yaml
from pipeline.paths import PARAMS


def load_params(path: str | os.PathLike[str] = PARAMS) -> Params:
    """Read and check params.yaml, with all variants.

    Raises:
        InputError: The file is missing or no YAML, or a parameter is unknown, missing or wrong.
    """
    try:
        raw = parse_yaml(Path(path).read_text())
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run this from the project's root.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(raw, dict):
        raise InputError(f"{path} is empty or not a mapping; restore it with `git checkout {path}`.")
    params: Params = validated(Params, fill_from_scale(raw))
    for section, known in KEYS.items():
        for key in getattr(params, section):
            if key not in known:
                raise InputError(f"params.yaml: {section}.{key} is not a known parameter{did_you_mean(key, known)}")
    for name in params.variants:
        params.variant(name)
    return params
