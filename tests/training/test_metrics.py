"""The numbers that stand for a training, and warnings about them."""

import pytest

from pipeline.training.history import History
from pipeline.training.metrics import (
    last_epoch_metrics,
    speed_of_epoch,
    speed_of_training,
    warnings_about,
    without_speed,
)
from tests import tiny

EPOCHS = [{"epoch": 1, "step": 5, "loss": 9.0, "active_units": 3.0, "images_per_second": 100.0, "seconds": 10.0},
          {"epoch": 2, "step": 10, "loss": 4.0, "active_units": 2.0, "images_per_second": 50.0, "seconds": 30.0}]


def test_the_last_epoch():
    metrics = last_epoch_metrics(History([], EPOCHS))
    assert metrics == {"epoch": 2, "step": 10, "loss": 4.0, "active_units": 2}
    assert isinstance(metrics["active_units"], int)


def test_the_time_of_all_epochs():
    assert speed_of_training(History([], EPOCHS)) == {"seconds": 40.0, "images_per_second": pytest.approx(2500 / 40)}


def test_speed_is_kept_apart_since_it_differs_from_run_to_run():
    assert speed_of_epoch(EPOCHS[0]) == {"images_per_second": 100.0, "seconds": 10.0}
    assert without_speed(EPOCHS[0]) == {"epoch": 1, "step": 5, "loss": 9.0, "active_units": 3.0}
    assert without_speed(EPOCHS[0]) | speed_of_epoch(EPOCHS[0]) == EPOCHS[0]


@pytest.mark.parametrize(("active", "collapsed"), [(0, True), (1, True), (2, False), (4, False)])
def test_a_collapsed_posterior_is_warned_of(active, collapsed):
    warnings = warnings_about({"active_units": active}, tiny.variant())  # of 4 units
    assert bool(warnings) == collapsed
    if warnings:
        assert f"{active} of 4 units" in warnings[0] and "collapsed" in warnings[0]


@pytest.mark.parametrize(("kl", "far"), [(3.9, False), (4.0, False), (4.1, True), (300.0, True)])
def test_posteriors_far_from_the_prior_are_warned_of(kl, far):
    warnings = warnings_about({"valid_kl": kl, "kl": 1e9}, tiny.variant())  # in 4 dimensions; validation decides
    assert bool(warnings) == far
    if warnings:
        assert f"{kl:.0f} nats in 4 dimensions" in warnings[0] and "raise loss." in warnings[0]
