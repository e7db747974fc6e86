"""A short round of tests/chaos.py: training killed on its way, and preparing, in a clone with real DVC."""

import signal

import pytest
import yaml

from tests import chaos
from tests.clone import clone


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A clone in which an undisturbed run has come as far as training; and what it made."""
    folder = clone(tmp_path_factory.mktemp("chaos") / "project", {"dfc"}, **{**chaos.TINY, "train": {"epochs": 2}})
    run = chaos.Run(folder, "repro", "train@dfc")
    assert run.wait() == 0, run.output[-2000:]
    return folder, chaos.snapshot(folder)


def test_training_killed_after_a_checkpoint_goes_on_and_is_the_same_to_the_bit(project):
    folder, expected = project
    run = chaos.Run(folder, "repro", "--force", "--single-item", "--no-run-cache", "train@dfc")
    run.wait_for("train@dfc")
    while not 5 <= chaos.newest_checkpoint(folder) < 36 and run.process.poll() is None:
        chaos.time.sleep(0.02)
    assert chaos.kill(run.process, signal.SIGKILL)  # of DVC, and so of the stage
    run.wait()
    assert not chaos.left_running(folder)
    assert 5 <= chaos.newest_checkpoint(folder) < 36
    assert not chaos.go_on(folder, "train@dfc")
    assert not chaos.differences(expected, chaos.snapshot(folder)) and not chaos.mlflow_losses(folder)


def test_killed_between_its_end_and_dvcs_record_nothing_is_trained_twice(project):
    folder, expected = project
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    del lock["stages"]["train@dfc"]  # as if DVC had not come to write it
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    finished, = folder.glob(".checkpoints/dfc-*/finished")
    finished.write_text('""')
    again = chaos.Run(folder, "repro", "--no-run-cache", "train@dfc")
    assert again.wait() == 0, again.output[-2000:]
    assert chaos.went_on_from(again.output) == 36
    assert not chaos.differences(expected, chaos.snapshot(folder)) and not chaos.mlflow_losses(folder)


def test_of_a_page_all_counts_but_how_long_it_took():
    page = ("<table><tr><th>variant</th><th>images per second</th><th>kl</th></tr>"
            "<tr><td>PVAE</td><td>93.99</td><td>7</td></tr></table><p>93.99</p>")
    assert chaos.without_speed(page) == chaos.without_speed(page.replace("<td>93.99", "<td>9.86"))
    for other in (page.replace("<td>7", "<td>8"), page.replace("<p>93", "<p>94"), page.replace("PVAE", "DCGAN")):
        assert chaos.without_speed(page) != chaos.without_speed(other)


def test_a_difference_is_found(project):
    folder, expected = project
    path = folder / "metrics/train/dfc.json"
    original = path.read_text()
    path.write_text(original.replace("1", "2", 1))
    (folder / "models/more.txt").write_text("x")
    assert chaos.differences(expected, chaos.snapshot(folder)) == ["metrics/train/dfc.json", "models/more.txt"]
    path.write_text(original)
    (folder / "models/more.txt").unlink()
