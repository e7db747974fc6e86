"""A short round of tests/chaos.py: training and preparing are killed under way, in a clone with real DVC."""

import signal
import time

import pandas as pd
import pytest
import yaml

from tests import chaos
from tests.clone import clone, dvc

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A clone after an undisturbed run up to training, with a snapshot of its outputs and the number of steps."""
    sections = {**chaos.TINY, "data": {"synthetic_images": 200, "image_size": 32}}
    sections["train"] = {**chaos.TINY["train"], "epochs": 6}
    folder = clone(tmp_path_factory.mktemp("chaos") / "project", {"dfc"}, **sections)
    code = folder / "pipeline/data/shards.py"
    usual = code.read_text()
    code.write_text(usual.replace("\nPART_ROWS = 2048\n", "\nPART_ROWS = 32\n"))  # few images, but many parts
    assert code.read_text() != usual
    run = chaos.Run(folder, "repro", "train@dfc")
    assert run.wait() == 0, run.output[-2000:]
    return folder, chaos.snapshot(folder), len(pd.read_csv(folder / "training/dfc/steps.csv"))


def test_preparing_killed_after_some_parts_is_bit_equal(project):
    folder, expected, _ = project

    def made() -> int:
        """Return the number of parts that the next run need not make."""
        return len(chaos.kept(folder, "prepare/*/done/*.json"))

    parts = len([name for name in expected if name.startswith("data/shards/view=aligned/")])
    with chaos.Run(folder, "repro", "--force", "--single-item", "--no-run-cache", "prepare") as run:
        run.wait_for("prepare")
        while made() < 2 and run.process.poll() is None:
            time.sleep(0.005)
        assert chaos.kill(run.process, signal.SIGKILL)  # of DVC, and so of the stage
        run.wait()
    assert not chaos.left_running(folder)
    assert 2 <= made() < parts and not (folder / "data/shards").exists()
    assert not chaos.go_on(folder, "prepare")
    assert not chaos.differences(expected, chaos.snapshot(folder))  # no other files in data/shards either
    assert not (folder / ".checkpoints/prepare").exists()


def test_training_killed_after_a_checkpoint_goes_on_and_is_bit_equal(project):
    folder, expected, steps = project
    with chaos.Run(folder, "repro", "--force", "--single-item", "--no-run-cache", "train@dfc") as run:
        run.wait_for("train@dfc")
        while not 5 <= chaos.newest_checkpoint(folder) < steps and run.process.poll() is None:
            time.sleep(0.02)
        assert chaos.kill(run.process, signal.SIGKILL)  # of DVC, and so of the stage
        run.wait()
    assert not chaos.left_running(folder)
    assert 5 <= chaos.newest_checkpoint(folder) < steps
    code = folder / "pipeline/losses/kl.py"  # after whose comment DVC would not train again
    code.write_text(code.read_text().replace("The KL term and", "The term KL, and"))
    dvc(folder, "repro", "plan")
    assert "changed deps" not in dvc(folder, "status", "train@dfc")
    assert not chaos.go_on(folder, "train@dfc")
    assert not chaos.differences(expected, chaos.snapshot(folder)) and not chaos.mlflow_losses(folder)


def test_a_training_killed_before_dvc_recorded_it_is_not_trained_twice(project):
    folder, expected, steps = project
    if not chaos.kept(folder, "dfc-*/*/finished"):  # an earlier test has failed before its end
        assert not chaos.go_on(folder, "train@dfc")
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    del lock["stages"]["train@dfc"]  # as if DVC had not come to write it
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    finished, = chaos.kept(folder, "dfc-*/*/finished")
    finished.write_text('""')
    again = chaos.Run(folder, "repro", "--no-run-cache", "train@dfc")
    assert again.wait() == 0, again.output[-2000:]
    assert chaos.went_on_from(again.output) == steps
    assert not chaos.differences(expected, chaos.snapshot(folder)) and not chaos.mlflow_losses(folder)


def test_a_difference_is_found(tmp_path):
    path, more = tmp_path / "metrics/train/dfc.json", tmp_path / "models/more.txt"
    for folder in (path.parent, more.parent):
        folder.mkdir(parents=True)
    path.write_text('{"loss": 1}')
    expected = chaos.snapshot(tmp_path)
    assert not chaos.differences(expected, chaos.snapshot(tmp_path))
    path.write_text('{"loss": 2}')
    more.write_text("x")
    assert chaos.differences(expected, chaos.snapshot(tmp_path)) == ["metrics/train/dfc.json", "models/more.txt"]
    path.unlink()
    more.unlink()
    assert chaos.differences(expected, chaos.snapshot(tmp_path)) == ["metrics/train/dfc.json"]


def test_a_run_that_hangs_is_killed_and_has_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(chaos, "DVC", "sleep")
    run = chaos.Run(tmp_path, "1000")
    assert run.wait(0.1) == chaos.HUNG
    assert run.process.poll() == -signal.SIGKILL


def test_a_kill_that_came_too_late_has_a_row_only_if_something_was_lost():
    def outcome(hit: str, *lost: str) -> chaos.Outcome:
        return chaos.Outcome(chaos.Kill("prepare", 0.5, "dvc"), hit, list(lost))

    harmless = chaos.table([outcome("dvc"), outcome("")])
    assert "| prepare | dvc | SIGKILL | 1 | 1 | nothing |" in harmless and "| prepare | nothing" not in harmless
    assert "1 kills, 1 survived with everything the same to the bit; 1 more came too late" in harmless
    harmful = chaos.table([outcome("dvc"), outcome("", "data/shards/x")])
    assert "| prepare | nothing | SIGKILL | 1 | 0 | data/shards/x |" in harmful
