"""The catalogue of paths and dvc.yaml name the same files."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pipeline import paths
from tests.tiny import VARIANTS

VARIANT = "some_variant"
DVC_YAML = (Path(__file__).resolve().parents[1] / "dvc.yaml").read_text()
# DVC writes the first, the second holds unfinished work, and `make compare` writes the third.
NOT_OF_A_STAGE = {paths.DVC_LOCK, paths.UNFINISHED, paths.COMPARISON}
CONSTANTS = {value for value in vars(paths).values() if isinstance(value, Path)}
OF_A_VARIANT = {name: function for name, function in vars(paths).items()
                if inspect.isfunction(function) and next(iter(inspect.signature(function).parameters)) == "variant"}


def stages() -> Iterator[tuple[str, str | None, dict]]:
    """Yield each stage's name, its variant or None, and its dependencies and outputs."""
    text = DVC_YAML.replace("${key}", VARIANT).replace("${item}", VARIANT)
    for name, stage in yaml.safe_load(text)["stages"].items():
        yield name, VARIANT if "foreach" in stage else None, stage.get("do", stage)


def outputs(stage: dict) -> list[Path]:
    """Return the outputs and the metrics of a stage."""
    metrics = [path for entry in stage.get("metrics", []) for path in entry]
    return [Path(path) for path in [*stage.get("outs", []), *metrics]]


ALL_OUTPUTS = [(name, variant, path) for name, variant, stage in stages() for path in outputs(stage)]
OUTPUTS = {path for _, _, path in ALL_OUTPUTS}
DEPENDENCIES = {Path(path) for _, _, stage in stages() for path in stage["deps"]}


def is_output(path: Path) -> bool:
    """Return whether a path is an output of a stage, lies in one, or holds some."""
    return bool(OUTPUTS & {path, *path.parents}) or any(path in output.parents for output in OUTPUTS)


@pytest.mark.parametrize("path", sorted(CONSTANTS - NOT_OF_A_STAGE), ids=str)
def test_a_path_of_the_catalogue_is_in_dvc_yaml(path):
    assert is_output(path) or path in DEPENDENCIES


@pytest.mark.parametrize("name", sorted(OF_A_VARIANT))
def test_a_variants_path_is_an_output_of_a_stage(name):
    assert is_output(OF_A_VARIANT[name](VARIANT))


@pytest.mark.parametrize(("stage", "variant", "path"), ALL_OUTPUTS, ids=str)
def test_an_output_of_a_stage_is_in_the_catalogue(stage, variant, path):
    if path.is_relative_to(paths.RECORDS):
        assert path == paths.of_stage(paths.RECORDS, stage, variant)
    elif path.is_relative_to(paths.METRICS) and variant:
        assert path == paths.metrics(stage, variant)
    else:
        assert path in CONSTANTS or (variant and path.name == variant and path.parent in CONSTANTS)


def test_the_artifacts_are_the_models_of_the_committed_variants():
    """DVC takes no list of variants there, so each has a line."""
    artifacts = yaml.safe_load(DVC_YAML)["artifacts"]
    assert {name: (artifact["path"], artifact["type"]) for name, artifact in artifacts.items()} == {
        name: (str(paths.weights(name).parent), "model") for name in VARIANTS}


@pytest.mark.parametrize(("stage", "read"), [
    ("report", {"models/loss_network.safetensors"}),
    ("track", {"baselines", "metrics", "pictures", "${sampling.inception}", "${evaluate.lpips}"})])
def test_a_stage_depends_on_what_it_reads(stage, read):
    [deps] = [of_stage["deps"] for name, _, of_stage in stages() if name == stage]
    assert read <= set(deps)


def test_a_stage_depends_on_its_own_plan_and_code():
    for name, variant, stage in stages():
        if name not in ("plan", "track"):  # track depends on all code
            assert str(paths.of_stage(paths.CODE, name, None if name == "features" else variant)) in stage["deps"]
        of_variant = variant and name != "features"  # which copies files, whatever the variant
        assert not of_variant or str(paths.variant_plan(variant)) in stage["deps"]
