"""Which GPUs torch can use."""

import pytest
import torch

from pipeline.models.gpu import GPUs, count_gpus, device, has_kernels

COMPILED = ["sm_75", "sm_80", "sm_90a", "compute_120"]


@pytest.mark.parametrize(("capability", "runs"), [
    ((7, 0), False),   # V100: older than all
    ((7, 5), True),    # T4
    ((8, 6), True),    # sm_80's generation
    ((9, 0), True),
    ((10, 0), False),  # of no generation here
    ((12, 0), True),
    ((12, 1), True),   # compute_120 is compiled for it when it starts
])
def test_code_runs_on_its_own_generation_and_on_what_follows_where_it_can_be_compiled(capability, runs):
    assert has_kernels(capability, COMPILED) == runs


def test_amds_are_taken_for_good():
    assert has_kernels((9, 4), ["gfx942"])


@pytest.mark.parametrize(("available", "capability", "usable"), [
    (False, (8, 0), 0),  # a driver that is too old: NVML counts GPUs, and CUDA does not start
    (True, (7, 0), 0),
    (True, (8, 0), 2),
])
def test_a_gpu_that_torch_cannot_use_counts_for_nothing(monkeypatch, available, capability, usable):
    for name, answer in (("is_available", available), ("device_count", 2), ("get_arch_list", COMPILED)):
        monkeypatch.setattr(torch.cuda, name, lambda answer=answer: answer)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda number: capability)
    assert count_gpus() == GPUs(usable, unusable=2 - usable)
    assert device().type == ("cuda" if usable else "cpu")
