"""Which GPUs torch can use."""

import pytest
import torch

from pipeline.hardware.gpu import GPUs, best_device, count_gpus, has_kernels

COMPILED = ["sm_75", "sm_80", "sm_90a", "compute_120"]


@pytest.mark.parametrize(("capability", "runs"), [
    ((7, 0), False),   # V100: older than all of these
    ((7, 5), True),    # T4
    ((8, 6), True),    # sm_80's generation
    ((9, 0), True),
    ((10, 0), False),  # no code for this generation
    ((12, 0), True),
    ((12, 1), True),   # compute_120 is compiled for it when torch starts
])
def test_sm_code_runs_on_its_generation_and_compute_code_on_all_later_ones(capability, runs):
    assert has_kernels(capability, COMPILED) == runs


def test_gpus_of_amd_are_taken_as_usable():
    assert has_kernels((9, 4), ["gfx942"])


@pytest.mark.parametrize(("available", "capability", "usable"), [
    (False, (8, 0), 0),  # the driver is too old: NVML counts GPUs, but CUDA does not start
    (True, (7, 0), 0),
    (True, (8, 0), 2),
])
def test_gpus_that_torch_cannot_use_are_counted_apart(monkeypatch, available, capability, usable):
    for name, answer in (("is_available", available), ("device_count", 2), ("get_arch_list", COMPILED)):
        monkeypatch.setattr(torch.cuda, name, lambda answer=answer: answer)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda number: capability)
    assert count_gpus() == GPUs(usable, unusable=2 - usable)
    assert best_device().type == ("cuda" if usable else "cpu")
