"""Lists on the command line: as people write them, and as DVC reads them."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from pipeline import dvc_command
from pipeline.dvc_command import NAMES_A_FILE, keep_lock_whole, null_file, with_lists
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
    """The reason for all this; should DVC learn better, this command can go."""
    from dvc.utils.hydra import to_hydra_overrides

    assert to_hydra_overrides(["loss.layers=relu3_1,relu4_1"])[0].is_sweep_override()


def test_the_command_hands_over_to_dvc_with_this_environments_python_first(monkeypatch):
    called = []
    monkeypatch.setattr("dvc.cli.main", lambda arguments: called.append(arguments) or 7)
    monkeypatch.setattr(sys, "argv", ["dvc", *RUN, "-S", "loss.layers=relu3_1,relu4_1"])
    monkeypatch.setenv("PATH", os.environ.get("PATH", ""))
    monkeypatch.chdir(PARAMS.parent)
    assert dvc_command.main() == 7
    assert called == [[*RUN, "-S", LIST]]
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


LOCK = "schema: '2.0'\nstages:\n  plan:\n    cmd: python\n    outs:\n    - path: plan\n      md5: 1.dir\n"


@pytest.mark.parametrize("half", ["", "schema: '2.0'", LOCK[:70], LOCK[:LOCK.index("path:")]])
def test_a_half_written_lock_is_replaced_by_the_last_whole_one(tmp_path, monkeypatch, capsys, half):
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / "dvc.lock"
    keep_lock_whole()  # nothing to keep
    assert not lock.exists()
    lock.write_text(half)
    keep_lock_whole()  # and nothing to take instead
    assert lock.read_text() == half
    lock.write_text(LOCK)
    keep_lock_whole()
    lock.write_text(half)
    keep_lock_whole()
    assert lock.read_text() == LOCK and "half written" in capsys.readouterr().err
    keep_lock_whole()
    assert capsys.readouterr().err == "" and [path.name for path in tmp_path.iterdir()] == ["dvc.lock", ".dvc"]


def test_a_lock_with_a_merges_conflict_is_left_to_dvc(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock, conflict = tmp_path / "dvc.lock", LOCK.replace("    cmd", "<<<<<<< HEAD\n    cmd", 1)
    lock.write_text(LOCK)
    keep_lock_whole()
    lock.write_text(conflict)
    keep_lock_whole()
    assert lock.read_text() == conflict


def test_a_lock_that_another_dvc_is_writing_is_left_alone(tmp_path, monkeypatch):
    from zc.lockfile import LockFile

    monkeypatch.chdir(tmp_path)
    lock = tmp_path / "dvc.lock"
    lock.write_text(LOCK)
    keep_lock_whole()
    lock.write_text(LOCK[:70])
    held = LockFile(".dvc/tmp/lock")  # as DVC does while it works
    keep_lock_whole()
    assert lock.read_text() == LOCK[:70]
    held.close()
    keep_lock_whole()
    assert lock.read_text() == LOCK and (tmp_path / ".dvc/tmp/dvc.lock.damaged").read_text() == LOCK[:70]


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
def test_a_null_where_dvc_needs_a_file_is_found(tmp_path, text, arguments, named):
    (tmp_path / "params.yaml").write_text(text)
    assert null_file(arguments, tmp_path / "params.yaml") == named
    assert null_file(arguments, tmp_path / "missing.yaml") in ("", named)


def test_the_files_are_those_of_dvc_yaml():
    stages = (PROJECT / "dvc.yaml").read_text()
    assert {name for name in re.findall(r"\$\{([\w.]+)\}", stages)} - {"key", "item"} >= set(NAMES_A_FILE)
    assert all(f"${{{name}}}" in stages for name in NAMES_A_FILE)
