"""Which GPUs torch can use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline.hardware import gpu, places
from pipeline.hardware.gpu import GPUs, best_device, count_gpus, gpu_name, has_kernels

PROJECT = Path(__file__).resolve().parents[2]

# Made-up GPUs, of which CUDA_VISIBLE_DEVICES shows some, as CUDA would. Says which one this process has.
MADE_UP = """
import os, sys, types, torch
visible = [int(number) for number in os.environ["CUDA_VISIBLE_DEVICES"].split(",")]
current = []
torch.cuda.is_available, torch.cuda.device_count = lambda: True, lambda: len(visible)
torch.cuda.get_arch_list, torch.cuda.get_device_capability = lambda: ["sm_80"], lambda number: (8, 0)
torch.cuda.get_device_properties = lambda number: types.SimpleNamespace(uuid=f"1234-{visible[number]}")
torch.cuda.set_device = current.append
from pipeline.hardware.gpu import best_device
device = best_device()
assert best_device() == device and current == [device.index]
print(device.index, visible[device.index], flush=True)
sys.stdin.read()
"""

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
    monkeypatch.setattr(gpu, "own_gpu", min)
    assert count_gpus() == GPUs(usable, unusable=2 - usable)
    assert best_device().type == ("cuda" if usable else "cpu")


def test_experiments_take_different_gpus_and_then_share_them(tmp_path):
    started: list[subprocess.Popen[str]] = []

    def start(visible: str) -> tuple[str, subprocess.Popen[str]]:
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": visible, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen([sys.executable, "-c", MADE_UP], env=environment, cwd=PROJECT, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process.stdout.readline().strip(), process

    try:
        [restricted, first] = start("1")     # by its user: torch's number 0 is the machine's GPU 1
        assert restricted == "0 1"
        assert [start("0,1,2")[0] for _ in range(2)] == ["0 0", "2 2"]
        said, sharing = start("0,1,2")
        assert said == "0 0"
        first.kill()
        first.wait()
        assert start("0,1,2")[0] == "1 1"    # free again
        said = sharing.communicate()[1]
        assert said == ("warning: all 3 GPUs are taken by other runs of this project; GPU 0, and its memory, is shared "
                        "with 1 other\n")
    finally:
        for process in started:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("usable", [(0,), (1, 2)])
def test_where_no_lock_can_be_had_the_first_gpu_is_used(monkeypatch, tmp_path, capsys, usable):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path / "file"))
    monkeypatch.setattr(gpu, "uuid_of", str)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: None)
    assert gpu.own_gpu.__wrapped__(usable) == usable[0]
    said = capsys.readouterr().err
    assert "so GPU 1 is used; set CUDA_VISIBLE_DEVICES, or TMPDIR" in said if len(usable) > 1 else not said


@pytest.mark.parametrize(("gpus", "name"), [(1, "a GPU"), (8, "a GPU (GPU 3 of 0 to 7)")])
def test_a_gpu_has_its_number_in_its_name_where_there_are_several(monkeypatch, gpus, name):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert gpu_name(torch.device("cuda", 3 if gpus > 1 else 0)) == name
