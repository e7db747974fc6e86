"""Reading YAML: the same values and errors as PyYAML's own safe_load, from params.yaml and from what is no YAML."""

import pytest
import yaml

from pipeline.files.yaml_file import parse_yaml
from pipeline.paths import DVC_LOCK, PARAMS


@pytest.mark.parametrize("path", [PARAMS, DVC_LOCK])
def test_the_same_values_as_safe_load(path):
    text = path.read_text()
    assert parse_yaml(text) == yaml.safe_load(text) != {}


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "!!python/object/apply:os.getcwd []"])
def test_refuses_what_safe_load_refuses(text):
    with pytest.raises(yaml.YAMLError):
        parse_yaml(text)
