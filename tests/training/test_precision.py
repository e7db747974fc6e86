"""The precision of training: by the hardware, kept by a run that goes on, and the same for all workers."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing

from pipeline.losses.build import build_objective
from pipeline.training import loop, precision
from pipeline.training.loop import train
from pipeline.training.precision import Bf16, choose
from tests import tiny

CPU = torch.device("cpu")
MULTIPLIES, EMULATES = Bf16(True, 3.0), Bf16(False, 0.01)
EXPLICIT = "train.precision is bf16, which the hardware emulates, 0.01 times as fast as fp32; set it to auto or fp32"
BEGUN = "it began in bf16, which the hardware emulates, 0.01 times as fast as fp32; it goes on in bf16; "
CPUINFO = Path("/proc/cpuinfo")
CHOOSE = """
import torch
from pipeline.training.precision import choose
print(choose("auto", "", torch.device("cpu"), "").name)
"""


def chosen_by_a_fresh_process(limit: str | None) -> str:
    limits = "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"
    environment = {name: value for name, value in os.environ.items() if name not in limits}
    if limit:
        environment["ONEDNN_MAX_CPU_ISA"] = limit
    done = subprocess.run([sys.executable, "-c", CHOOSE], env=environment, cwd=Path(__file__).parents[2], text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_its_instructions_auto_is_float32():
    assert chosen_by_a_fresh_process("AVX2") == "fp32"


def test_with_its_instructions_auto_is_bfloat16():
    flags = set(CPUINFO.read_text().split()) if CPUINFO.is_file() else set()
    if not flags & {"amx_bf16", "avx512_bf16"}:
        assert chosen_by_a_fresh_process(None) == "fp32" or "bf16" in flags
        pytest.skip("this processor has no bf16 instructions: auto is fp32, as it should be")
    assert chosen_by_a_fresh_process(None) == "bf16"


@pytest.mark.parametrize(("asked", "begun", "bf16", "name", "warned"), [
    ("auto", "", MULTIPLIES, "bf16", None),
    ("auto", "", EMULATES, "fp32", None),
    ("bf16", "", MULTIPLIES, "bf16", None),
    ("bf16", "", EMULATES, "bf16", EXPLICIT),
    ("fp32", "", None, "fp32", None),
    ("auto", "bf16", MULTIPLIES, "bf16", None),
    ("auto", "bf16", EMULATES, "bf16", BEGUN + "start anew"),
    ("bf16", "bf16", EMULATES, "bf16", EXPLICIT),
    ("auto", "fp32", None, "fp32", None),   # None: not even measured
])
def test_which_precision_is_chosen_and_what_is_warned_of(monkeypatch, asked, begun, bf16, name, warned):
    monkeypatch.setattr(precision, "measure_bf16", lambda device: bf16)
    found = choose(asked, begun, CPU, "start anew")
    assert (found.name, found.warning) == (name, warned or "") and found.reason


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["AVX2", "AVX512_CORE"])
def test_on_a_busy_machine_emulation_is_measured_as_slower_too(limit):
    """AVX512_CORE: where emulation is nearly as fast as float32, so that a measurement which waits would be wrong."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        assert chosen_by_a_fresh_process(limit) == "fp32"
    finally:
        for process in busy:
            process.kill()


def test_one_thread_measures_and_the_number_of_threads_is_restored(monkeypatch):
    threads, asked = torch.get_num_threads(), []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    precision.ratio_of_products(CPU)
    assert asked == [1, threads]


@pytest.mark.parametrize("ampere", [True, False])
def test_a_gpus_generation_says_whether_it_multiplies_bf16(monkeypatch, ampere):
    monkeypatch.setattr(precision, "ratio_of_products", lambda device: 1.5)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: including_emulation or ampere)
    monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
    assert precision.measure_bf16(torch.device("cuda")) == Bf16(ampere, 1.5)


def worker(rank: int, folder) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    precision.measure_bf16 = lambda device: (MULTIPLIES, EMULATES)[rank]
    (folder / f"{rank}").write_text(" ".join(choose(asked, "", CPU, "").name for asked in ("auto", "bf16", "fp32")))
    distributed.destroy_process_group()


@pytest.mark.slow
def test_workers_agree_on_a_precision_that_all_can_do(tmp_path):
    multiprocessing.spawn(worker, (tmp_path,), nprocs=2)
    assert [(tmp_path / rank).read_text() for rank in "01"] == ["fp32 bf16 fp32"] * 2


AMPERE = "which only GPUs from Ampere on multiply; "


@pytest.mark.parametrize(("asked", "begun", "has", "warned"), [
    ("tf32", "", True, ""), ("tf32", "", False, f"train.precision is tf32, {AMPERE}here that is fp32"),
    ("auto", "tf32", False, f"it began in tf32, {AMPERE}here that is fp32"), ("auto", "tf32", True, "")])
def test_tf32_without_a_gpu_that_has_it_is_warned_of(monkeypatch, asked, begun, has, warned):
    monkeypatch.setattr(precision, "has_tf32", lambda device: has)
    found = choose(asked, begun, CPU, "start anew")
    assert (found.name, found.warning) == ("tf32", warned)


def tf32_worker(rank: int, folder) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    said = []
    for has in ((True, True), (True, False), (False, False)):
        precision.has_tf32 = lambda device, has=has: has[rank]
        said.append(choose("tf32", "", CPU, "").warning)
    (folder / f"{rank}").write_text("\n".join(said))
    distributed.destroy_process_group()


@pytest.mark.slow
def test_what_is_said_of_tf32_is_true_on_every_worker(tmp_path):
    multiprocessing.spawn(tf32_worker, (tmp_path,), nprocs=2)
    for rank in "01":
        assert (tmp_path / rank).read_text().split("\n") == [
            "", f"train.precision is tf32, {AMPERE}workers on other devices are in fp32, the rest in tf32",
            f"train.precision is tf32, {AMPERE}here that is fp32"]


# In the loop


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors")


@pytest.fixture
def run(network, tmp_path):
    """run(epochs, asked, …) → the objective and the history, with checkpoints in one folder."""
    def run(asked: str = "auto", epochs: int = 1, **options):
        objective = build_objective(tiny.variant(precision=asked, epochs=epochs), network)
        history = train(tiny.variant(precision=asked, epochs=epochs), objective, tiny.faces(16), tiny.faces(8, seed=1),
                        tmp_path / "run", **{"progress": False, **options})
        return objective, history
    return run


@pytest.mark.parametrize(("first", "then"), [(MULTIPLIES, EMULATES), (EMULATES, MULTIPLIES)])
def test_a_run_keeps_the_precision_that_it_began_with(run, monkeypatch, capsys, tmp_path, first, then):
    begun = "bf16" if first.multiplied else "fp32"
    for epochs, bf16 in ((1, first), (2, then)):
        monkeypatch.setattr(precision, "measure_bf16", lambda device, bf16=bf16: bf16)
        capsys.readouterr()
        objective, history = run(epochs=epochs)
        assert objective.precision == precision.DTYPES[begun] and history.trained["precision"] == begun
    said = capsys.readouterr().err
    if then is EMULATES:
        assert said == f"warning: VAE-123: {BEGUN}to start it anew, delete {tmp_path / 'run'} and run again\n"
    else:
        assert said == ""


def test_the_first_line_says_device_precision_and_workers(run, capsys):
    started = []
    run("fp32", progress=True, on_start=started.append)
    assert [(trained["precision"], trained["workers"]) for trained in started] == [("fp32", 1)]
    first = capsys.readouterr().err.lstrip("\r\n").splitlines()[0]
    assert first.startswith("VAE-123: 1 worker, on ") and first.endswith(", in fp32 (as train.precision says)")


def test_a_line_says_that_a_run_goes_on_with_another_number_of_workers(run, capsys):
    run("fp32", epochs=1)
    history = run("fp32", epochs=1)[1]
    assert "earlier_workers" not in history.trained
    chosen = precision.Precision("fp32", "in which it began", None)
    for before, line in ((1, ""), (4, "\nVAE-123: goes on from step 12 with 1 worker instead of 4")):
        capsys.readouterr()
        loop.announce(tiny.variant(), history, chosen, True, 12, before)
        assert capsys.readouterr().err.rstrip("\n").endswith(f"(in which it began){line}")


def test_training_in_bfloat16_is_validated_in_float32(run):
    objective, history = run("bf16")
    assert objective.precision == torch.bfloat16
    valid, variant = tiny.faces(8, seed=1), tiny.variant()
    with torch.autocast("cpu", torch.bfloat16):
        again = loop.validate(objective, valid, variant)
    assert objective.precision == torch.bfloat16
    objective.precision = torch.float32
    assert loop.validate(objective, valid, variant) == again
    assert all(history.epochs[-1][name] == value for name, value in again.items())
    assert {parameter.dtype for parameter in objective.parameters()} == {torch.float32}
