"""Timing by turns, and counted operations against counts by hand."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import measuring


def test_a_convolution_is_counted_as_by_hand():
    """2 operations for each weight that meets a pixel: forwards, and as many for each of the two gradients."""
    layer = nn.Conv2d(3, 5, 4, stride=2, padding=1)
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    forwards = 2 * (2 * 5 * 4 * 4) * (3 * 4 * 4)
    assert measuring.count_operations(lambda: layer(x)) == forwards
    assert measuring.count_operations(lambda: layer(x).sum().backward()) == 3 * forwards
    assert measuring.count_operations(lambda: layer(x.detach()).sum().backward()) == 2 * forwards


def test_operations_are_those_of_torchs_own_counter():
    network = nn.Sequential(nn.Linear(7, 11), nn.ReLU(), nn.Linear(11, 3))
    x = torch.randn(5, 7)
    with FlopCounterMode(display=False) as counter:
        network(x).sum().backward()
    assert measuring.count_operations(lambda: network(x).sum().backward()) == counter.get_total_flops() > 0


def test_a_gradient_of_a_gradient_is_counted():
    layer = nn.Linear(4, 2)
    x = torch.randn(3, 4, requires_grad=True)

    def penalty() -> None:
        gradient, = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
        gradient.square().sum().backward()

    assert measuring.count_operations(penalty) > measuring.count_operations(lambda: layer(x).sum().backward())


def test_versions_are_timed_by_turns(monkeypatch):
    clock, calls = [0.0], []
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: clock[0])

    def takes(name: str, *seconds: float):
        durations = iter(seconds)

        def call() -> None:
            calls.append(name)
            clock[0] += next(durations)
        return call

    row = measuring.compare("x", 12, takes("ours", 99, 1, 2, 4), takes("plain", 99, 3, 6, 4), rounds=3)
    assert calls == ["ours", "plain"] * 4
    assert (row.ours, row.plain, row.rounds, row.ratio) == (6, 3, [3, 3, 1], 3)


def test_what_cannot_be_measured_says_why():
    row = measuring.left_out("dvc repro", "DVC is not installed")
    assert row.ratio is None and row.note == "left out: DVC is not installed"


def test_both_products_have_the_same_operations(monkeypatch):
    """The 1×1 convolution is the product of 128×128 matrices, as the other rate's."""
    monkeypatch.setitem(measuring.SIDE, "cpu", 128)
    counted = []
    monkeypatch.setattr(measuring, "best_seconds",
                        lambda call, repeats: counted.append(measuring.count_operations(call)) or 1.0)
    for rate in (measuring.matrix_rate, measuring.convolution_rate):
        assert rate(torch.float32, torch.device("cpu")) == counted[-1] == 2 * 128**3
