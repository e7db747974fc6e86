"""Arguments of `dvc`: lists as people write them, and nulls on which DVC fails."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.workspace.dvc_arguments import NAMES_A_FILE, null_file, with_lists
from tests.clone import PROJECT
from tests.tiny import PARAMS

RUN = ["exp", "run"]
LIST = "loss.layers=[relu3_1,relu4_1]"


def rewritten(*arguments: str) -> list[str]:
    return with_lists([*RUN, *arguments], PARAMS)[2:]


@pytest.mark.parametrize(("given", "expected"), [
    (["-S", "loss.layers=relu3_1,relu4_1"], ["-S", LIST]),
    (["--set-param", "loss.layers=relu3_1,relu4_1"], ["--set-param", LIST]),
    (["--set-param=loss.layers=relu3_1,relu4_1"], [f"--set-param={LIST}"]),
    (["-Sloss.layers=relu3_1,relu4_1"], [f"-S{LIST}"]),
    (["-S", "params.yaml:loss.layers=relu3_1,relu4_1"], ["-S", f"params.yaml:{LIST}"]),
    (["-S", r"loss.layers=relu3_1\,relu4_1"], ["-S", LIST]),
    (["-S", LIST], ["-S", LIST]),
    (["-S", "loss.layers=relu3_1"], ["-S", "loss.layers=[relu3_1]"]),
    (["-S", "model.channels=1,2,3,4"], ["-S", "model.channels=[1,2,3,4]"]),
    (["-S", "variants.dfc_345.loss.layers=relu3_1,relu4_1"], ["-S", f"variants.dfc_345.{LIST}"]),
    (["-S", "train.epochs=3", "-f", "-S", "loss.layers=relu3_1,relu4_1", "train@dfc"],
     ["-S", "train.epochs=3", "-f", "-S", LIST, "train@dfc"]),
])
def test_a_list_becomes_dvcs_own_spelling(given, expected):
    assert rewritten(*given) == expected
    assert with_lists(["experiments", "run", *given], PARAMS)[2:] == expected
    assert with_lists(["--wait-for-lock", "-v", *RUN, *given], PARAMS)[4:] == expected  # as deploy/slurm.sbatch does


@pytest.mark.parametrize("given", [
    ["-S", "train.batch_size=32,64"],
    ["-S", "scale=demo,paper"],
    ["-S", "loss.layer=relu3_1,relu4_1"],
    ["-S", "loss=relu3_1,relu4_1"],
    ["-S", "other.yaml:loss.layers=a,b"],
    ["-S", "loss.layers"],
    ["-m", "loss.layers=relu3_1,relu4_1"],
    ["-n", "loss.layers=relu3_1,relu4_1", "-S", "seed=1"],
    ["loss.layers=relu3_1,relu4_1"],
])
def test_nothing_else_is_touched(given):
    assert rewritten(*given) == given


@pytest.mark.parametrize("values", ["relu3_1,relu4_1", "[relu1_1],[relu3_1,relu4_1]"])
def test_with_queue_a_comma_stays_a_sweep(values):
    given = ["--queue", "-S", f"loss.layers={values}"]
    assert rewritten(*given) == given
    assert rewritten("-S", f"loss.layers={values}", "--queue") == ["-S", f"loss.layers={values}", "--queue"]


def test_with_queue_an_escaped_comma_is_one_list():
    assert rewritten("--queue", "-S", r"loss.layers=relu3_1\,relu4_1") == ["--queue", "-S", LIST]


@pytest.mark.parametrize("arguments", [
    ["repro", "-S", "loss.layers=relu3_1,relu4_1"], ["exp", "show", "-S", "loss.layers=a,b"], ["exp"], [],
    ["stage", "add", "-n", "x", "-p", "loss.layers,seed", "python x.py"],
])
def test_other_commands_are_not_touched(arguments):
    assert with_lists(arguments, PARAMS) == arguments


def test_without_params_yaml_nothing_is_touched(tmp_path):
    arguments = [*RUN, "-S", "loss.layers=relu3_1,relu4_1"]
    assert with_lists(arguments, tmp_path / "params.yaml") == arguments


@pytest.mark.parametrize("content", ["loss: [", "", "- 1", "loss: null"])
def test_a_broken_params_yaml_is_left_for_dvc_to_report(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    arguments = [*RUN, "-S", "loss.layers=relu3_1,relu4_1"]
    assert with_lists(arguments, tmp_path / "params.yaml") == arguments


@pytest.mark.parametrize("spelling", ["relu3_1,relu4_1", r"relu3_1\,relu4_1", "[relu3_1,relu4_1]"])
@pytest.mark.parametrize("section", ["loss", "variants.dfc_345.loss"])
def test_dvcs_own_parser_makes_a_list_of_it(tmp_path, section, spelling):
    from dvc.cli import parse_args
    from dvc.utils.hydra import apply_overrides, to_hydra_overrides

    overrides = parse_args(with_lists([*RUN, "-S", f"{section}.layers={spelling}"], PARAMS)).set_param
    assert not any(override.is_sweep_override() for override in to_hydra_overrides(overrides))
    copy = Path(shutil.copy(PARAMS, tmp_path / "params.yaml"))
    apply_overrides(copy, overrides)
    value = yaml.safe_load(copy.read_text())
    for key in section.split("."):
        value = value[key]
    assert value["layers"] == ["relu3_1", "relu4_1"]


def test_dvc_still_reads_a_bare_comma_as_a_sweep():
    """The reason for `with_lists`: if DVC learns better, it can go."""
    from dvc.utils.hydra import to_hydra_overrides

    assert to_hydra_overrides(["loss.layers=relu3_1,relu4_1"])[0].is_sweep_override()


@pytest.mark.parametrize(("text", "arguments", "named"), [
    ("{loss_network: {file: data/none}, data: {root: data/celeba}}", [], ""),
    ("{loss_network: {file: null}}", [], "loss_network.file"),
    ("{sampling: {inception: null}}", ["status"], "sampling.inception"),
    ("{loss_network: {file: null}}", ["exp", "run", "-S", "loss_network.file=/data/vgg19.pth"], ""),
    ("{loss_network: {file: x}}", ["exp", "run", "-S", "loss_network.file=null"], "loss_network.file"),
    ("{loss_network: {file: x}}", ["exp", "run", "-Sloss_network.file="], "loss_network.file"),
    ("{loss_network: {file: x}}", ["exp", "run", "--set-param=params.yaml:loss_network.file=~"], "loss_network.file"),
    ("{another: project}", ["exp", "run", "-S", "train.epochs=null"], ""),
    ("[not: a, mapping", [], ""),
])
def test_a_null_for_a_file_that_dvc_needs_is_reported(tmp_path, text, arguments, named):
    (tmp_path / "params.yaml").write_text(text)
    assert null_file(arguments, tmp_path / "params.yaml") == named
    assert null_file(arguments, tmp_path / "missing.yaml") in ("", named)


def test_the_files_are_those_of_dvc_yaml():
    stages = (PROJECT / "dvc.yaml").read_text()
    assert set(re.findall(r"\$\{([\w.]+)\}", stages)) - {"key", "item"} >= set(NAMES_A_FILE)
    assert all(f"${{{name}}}" in stages for name in NAMES_A_FILE)
