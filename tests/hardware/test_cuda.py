"""How a GPU computes, set without a GPU: the settings are torch's own, and hold for the block alone."""

import os

import pytest
import torch

from pipeline.hardware import cuda
from pipeline.hardware.cuda import arithmetic, has_tf32, kernels_by_rule

GPU, CPU = torch.device("cuda"), torch.device("cpu")


def settings() -> dict[str, bool]:
    return {"products": torch.backends.cuda.matmul.allow_tf32, "convolutions": torch.backends.cudnn.allow_tf32,
            "benchmark": torch.backends.cudnn.benchmark, "cudnn": torch.backends.cudnn.deterministic,
            "algorithms": torch.are_deterministic_algorithms_enabled(),
            "fill": torch.utils.deterministic.fill_uninitialized_memory}


@pytest.mark.parametrize("tf32", [True, False])
@pytest.mark.parametrize("deterministic", [True, False])
def test_the_settings_hold_within_the_block(monkeypatch, tf32, deterministic):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")  # so that it is as before afterwards
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    before = settings()
    with pytest.raises(ZeroDivisionError), arithmetic(GPU, tf32, deterministic):
        assert settings() == {"products": tf32, "convolutions": tf32, "benchmark": not deterministic,
                              "cudnn": deterministic, "algorithms": deterministic, "fill": False}
        assert ("CUBLAS_WORKSPACE_CONFIG" in os.environ) is deterministic
        raise ZeroDivisionError
    assert settings() == before


def test_on_a_cpu_nothing_changes():
    before = settings()
    with arithmetic(CPU, tf32=True, deterministic=True):
        assert settings() == before


@pytest.mark.parametrize(("device", "version", "generation", "has"), [
    (GPU, "13.0", 8, True), (GPU, "13.0", 9, True), (GPU, "13.0", 7, False), (GPU, None, 9, False),
    (CPU, "13.0", 9, False)])
def test_which_devices_multiply_in_tf32(monkeypatch, device, version, generation, has):
    monkeypatch.setattr(cuda.torch.version, "cuda", version)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (generation, 0))
    assert has_tf32(device) is has


def test_kernels_are_not_tried_out_within_a_block():
    with arithmetic(GPU, tf32=False, deterministic=False):
        with pytest.raises(ZeroDivisionError), kernels_by_rule():
            assert not torch.backends.cudnn.benchmark
            raise ZeroDivisionError
        assert torch.backends.cudnn.benchmark
