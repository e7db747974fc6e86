"""What stands for a run, and what is wrong with it."""

import pytest

from pipeline.training.loop import History
from pipeline.training.summary import speed, speed_of, summary, warnings, without_speed
from tests import tiny

EPOCHS = [{"epoch": 1, "step": 5, "loss": 9.0, "active_units": 3.0, "images_per_second": 100.0, "seconds": 10.0},
          {"epoch": 2, "step": 10, "loss": 4.0, "active_units": 2.0, "images_per_second": 50.0, "seconds": 30.0}]


def test_the_last_epoch():
    found = summary(History([], EPOCHS))
    assert found == {"epoch": 2, "step": 10, "loss": 4.0, "active_units": 2} and isinstance(found["active_units"], int)


def test_the_time_of_all_epochs():
    assert speed(History([], EPOCHS)) == {"seconds": 40.0, "images_per_second": pytest.approx(2500 / 40)}


def test_what_is_another_in_each_run_is_kept_apart():
    assert speed_of(EPOCHS[0]) == {"images_per_second": 100.0, "seconds": 10.0}
    assert without_speed(EPOCHS[0]) == {"epoch": 1, "step": 5, "loss": 9.0, "active_units": 3.0}
    assert without_speed(EPOCHS[0]) | speed_of(EPOCHS[0]) == EPOCHS[0]


@pytest.mark.parametrize(("active", "collapsed"), [(0, True), (1, True), (2, False), (4, False)])
def test_a_collapsed_posterior_is_said(active, collapsed):
    found = warnings({"active_units": active}, tiny.variant())  # of 4 units
    assert bool(found) == collapsed
    if found:
        assert f"{active} of 4 units" in found[0] and "collapsed" in found[0]
