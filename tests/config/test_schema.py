"""The JSON schema of params.yaml, and the page of its parameters."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from pipeline.config.reference import in_words, page
from pipeline.config.schema import as_text, params_schema
from tests.tiny import params_without_an_experiment

DOCS = Path(__file__).resolve().parents[2] / "docs"
PARAMS = params_without_an_experiment()
SCHEMA = params_schema(PARAMS["scales"])


def with_change(name: str, value) -> dict:
    """Return the committed parameters with another value at a dotted path."""
    params = copy.deepcopy(PARAMS)
    *above, last = name.split(".")
    section = params
    for key in above:
        section = section[key]
    section[last] = value
    return params


def problems(params: dict) -> list[str]:
    """Return the dotted paths at which the schema refuses something."""
    return [".".join(map(str, error.absolute_path)) for error in Draft7Validator(SCHEMA).iter_errors(params)]


def test_the_committed_schema_is_that_of_the_typed_config():
    """`python -m pipeline.config.schema > docs/params.schema.json` renews it."""
    assert (DOCS / "params.schema.json").read_text() == as_text(SCHEMA)
    Draft7Validator.check_schema(json.loads(as_text(SCHEMA)))


def test_the_committed_page_is_that_of_the_typed_config():
    """`python -m pipeline.config.reference > docs/parameters.md` renews it."""
    assert (DOCS / "parameters.md").read_text() == page(PARAMS)


@pytest.mark.parametrize(("value", "shown"), [
    (True, "true"), (False, "false"), (None, "null"), (3, "3"), (1.0, "1.0"), (0.00001, "1.0e-05"),
    ("data/none", "data/none"), ("true", "'true'"), ("", "''"), ([], "[]"), ({}, "{}"),
    ([True, "relu1_1"], "true, relu1_1"), ({"a": False}, "a: false"),
    ("a text of more than eighty letters, " * 3 + "é", "a text of more than eighty letters, " * 3 + "é")])
def test_the_page_shows_values_as_yaml_has_them(value, shown):
    assert in_words(value) == shown
    if not isinstance(value, list | dict):
        assert yaml.safe_load(shown) == value


def test_every_parameter_has_a_description():
    for name, section in SCHEMA["properties"].items():
        for parameter, schema in section.get("properties", {"": section}).items():
            assert schema["description"].strip().endswith((".", "]")), f"{name}.{parameter}"


def test_params_yaml_names_its_schema():
    first = (DOCS.parent / "params.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/params.schema.json"


@pytest.mark.parametrize("name", ["demo", "paper"])
def test_the_committed_parameters_are_valid_at_every_scale(name):
    assert problems(PARAMS | {"scale": name}) == []


EXAMPLES = """
mine: {}
smooth: {loss: {extra: {total_variation: {weight: 20}}}}
tuned: {model: {latent_dim: 32, channels: null}, train: {seed: 1, epochs: null}, loss: null}
hinge: {adversary: {kind: hinge, options: {margin: 2.0}, updates_per_step: 5}}
"""


@pytest.mark.parametrize(("name", "block"), yaml.safe_load(EXAMPLES).items())
def test_variants_of_ones_own_are_valid(name, block):
    assert problems(with_change(f"variants.{name}", block)) == []


@pytest.mark.parametrize(("name", "value"), [
    ("evaluate.view_sets.upper", ["upper_half"]), ("scales.small", {"train": {"epochs": 1}}),
    ("scales.demo.variants.mine", {"model": {"latent_dim": 8}}), ("model.architecture", "linear"),
    ("data.test", 500), ("cluster.gpus_per_worker", 1), ("train.batch_size", None), ("data.limit", 100),
    ("attributes.correlation", ["rot", "grün"])])
def test_other_values_are_valid(name, value):
    assert problems(with_change(name, value)) == []


@pytest.mark.parametrize(("name", "value", "where"), [
    ("sed", 1, ""),
    ("train.epoch", 3, "train"),
    ("variants.dfc", {"los": {}}, "variants.dfc"),
    ("variants.dfc", {"loss": {"layer": []}}, "variants.dfc.loss"),
    ("variants.loss_networks", {}, "variants"),
    ("scales.demo.data", {"sorce": "celeba"}, "scales.demo.data"),
    ("scale", "huge", "scale"),
    ("loss.layers", ["relu9_1"], "loss.layers.0"),
    ("loss.layers", "relu1_1", "loss.layers"),
    ("loss.layers", ["relu1_1", "relu1_1"], "loss.layers"),
    ("loss.reconstruction", "pixle", "loss.reconstruction"),
    ("loss.alpha", None, "loss.alpha"),
    ("loss.extra", {"total_variation": {}}, "loss.extra.total_variation"),
    ("train.learning_rate", -1, "train.learning_rate"),
    ("train.epochs", "many", "train.epochs"),
    ("data.image_size", 60, "data.image_size"),
    ("attributes.correlation", ["Male", ""], "attributes.correlation.1"),
    ("attributes.correlation", ["rot", "rot"], "attributes.correlation"),
    ("cluster.gpus_per_worker", 2, "cluster.gpus_per_worker"),
    ("evaluate.view_sets", {"a b": ["eyes"]}, "evaluate.view_sets"),
])
def test_wrong_parameters_are_not_valid(name, value, where):
    assert problems(with_change(name, value)) == [where]
