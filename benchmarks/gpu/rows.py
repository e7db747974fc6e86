"""The rows: each measures one choice, and checks that it computes what the plain step computes."""

import itertools
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.gpu.table import Table
from benchmarks.gpu.trial import Options, Setting, trial
from benchmarks.measuring import count_operations, matrix_rate
from benchmarks.training import NAMES, variants
from pipeline.files.folder import Folder
from pipeline.losses.build import build_objective
from pipeline.training.loop import train

STEPS = 20  # of the checks
PLAIN = Options(images="pageable", recorded=False, benchmark=False)  # how a step was taken before


class Bench:
    """Measures on one GPU, and remembers what later rows are compared with."""

    def __init__(self, setting: Setting, table: Table, seconds: float):
        self.setting, self.table, self.seconds = setting, table, seconds
        self.rates: dict[str, float] = {}
        self.operations: dict[str, float] = {}
        self.speeds: dict[Options, float] = {}
        self.runs: dict[Options, tuple[list[float], torch.Tensor]] = {}

    def measure_rates(self) -> str:
        """Measure the GPU's own matrix rates, and return them in words."""
        for name, dtype, tf32 in (("bf16", torch.bfloat16, False), ("tf32", torch.float32, True),
                                  ("fp32", torch.float32, False)):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            self.rates[name] = matrix_rate(dtype, self.setting.device)
        torch.backends.cuda.matmul.allow_tf32 = False
        return ", ".join(f"{name} {rate / 1e12:,.0f}" for name, rate in self.rates.items())

    def operations_per_image(self, name: str) -> float:
        """Return the operations of a variant's plain step, per image."""
        if name not in self.operations:
            with trial(Options(name, 8, "fp32", "pageable", recorded=False), self.setting) as step:
                self.operations[name] = count_operations(step.step) / 8
        return self.operations[name]

    def speed(self, name: str, options: Options, against: Options | None = None, note: str = "") -> None:
        """Add the row of a step's speed."""
        def measure() -> dict[str, Any]:
            with trial(options, self.setting) as step:
                rate = step.images_per_second(self.seconds)
                peak = torch.cuda.max_memory_allocated() / 2**30 if self.setting.device.type == "cuda" else None
            self.speeds[options] = rate
            row = {"images_per_second": rate, "ms": 1000 * options.batch / rate, "gib": peak, "note": note,
                   "of_rate": rate * self.operations_per_image(options.variant) / self.rates[options.precision],
                   "options": vars(options)}
            if against in self.speeds:
                row["ratio"] = rate / self.speeds[against]
            return row

        self.table.add(name, measure)

    def run(self, options: Options, again: bool = False) -> tuple[list[float], torch.Tensor]:
        """Return the losses of some steps, and how far they have moved the weights. again: also if that is known."""
        if again or options not in self.runs:
            with trial(options, self.setting) as step:
                losses = step.losses(STEPS)
                self.runs[options] = losses, (step.weights() - step.start).cpu()
        return self.runs[options]

    def check(self, name: str, options: Options, against: Options, again: bool = False) -> None:
        """Add a row that compares the losses and the weights of two ways to take the same steps."""
        def measure() -> dict[str, Any]:
            losses, moved = self.run(against)
            other_losses, other_moved = self.run(options, again)
            loss = max(abs(a - b) / abs(a) for a, b in zip(losses, other_losses, strict=True))
            weights = float((moved - other_moved).norm() / moved.norm())
            equal = losses == other_losses and torch.equal(moved, other_moved)
            return {"note": "equal bit by bit" if equal else
                    f"losses differ by {loss:.1e}, weights by {weights:.1e} of their way", "equal": equal,
                    "loss_difference": loss, "weight_difference": weights}

        self.table.add(f"check, {STEPS} steps: {name}", measure)


def steps_of_choices(bench: Bench) -> None:
    """Rows: what each choice brings to VAE-123 at the paper's batch, and whether it computes the same."""
    for precision in ("bf16", "tf32", "fp32"):
        plain = Options(precision=precision, images="pageable", recorded=False, benchmark=False)
        bench.speed(f"VAE-123, 64, {precision}: plain", plain)
        ways = [("cuDNN tries kernels", {"images": "pageable", "recorded": False}),
                ("+ pinned, prefetched", {"images": "prefetched", "recorded": False}),
                ("+ resident instead", {"images": "resident", "recorded": False}),
                ("+ recorded, prefetched", {"images": "prefetched"}),
                ("+ recorded, resident", {})]
        for name, changes in ways if precision == "bf16" else ways[-1:]:
            bench.speed(f"VAE-123, 64, {precision}: {name}", Options(precision=precision, **changes), plain)


def choices_compute_the_same(bench: Bench) -> None:
    """Rows: each choice against the plain step."""
    exact = Options(images="pageable", recorded=False, deterministic=True)
    bench.check("deterministic, twice", exact, exact, again=True)
    for name, changes in (("resident", {"images": "resident", "recorded": False}),
                          ("prefetched", {"images": "prefetched", "recorded": False}),
                          ("recorded, resident", {})):
        bench.check(f"deterministic: {name} against plain", Options(deterministic=True, **changes),
                    exact)
    plain = Options(precision="fp32", images="pageable", recorded=False, benchmark=False)
    bench.check("fp32: plain, twice", plain, plain, again=True)
    for precision in ("fp32", "tf32", "bf16"):
        bench.check(f"{precision}, recorded, resident against fp32 plain", Options(precision=precision), plain)
    for form in ("norm", "padded", "phases"):
        bench.check(f"fp32, form {form} against fp32 plain", Options(precision="fp32", forms=(form,)), plain)
    for name in ("vae_wgan", "dcgan"):
        bench.check(f"{name}, deterministic: recorded against plain",
                    Options(name, deterministic=True),
                    Options(name, images="pageable", recorded=False, deterministic=True))


def forms_of_operations(bench: Bench) -> None:
    """Rows: other forms of single operations."""
    for batch in (64, 1024):
        base = Options(batch=batch)
        bench.speed(f"VAE-123, {batch}, bf16: as it is", base)
        for form in (("norm",), ("padded",), ("phases",), ("norm", "padded")):
            bench.speed(f"VAE-123, {batch}, bf16: form {' and '.join(form)}", Options(batch=batch, forms=form), base)
    base = Options()
    for name, changes in (("deterministic", {"deterministic": True}),
                          ("deterministic, not recorded", {"deterministic": True, "recorded": False}),
                          ("deterministic, torch's padding", {"deterministic": True, "forms": ("torch",)})):
        bench.speed(f"VAE-123, 64, bf16: {name}", Options(**changes), base)


def all_variants(bench: Bench) -> None:
    """Rows: every variant, at batches from the paper's on."""
    for batch, precision, name in itertools.product((64, 1024, 256), ("bf16", "tf32"), NAMES):
        before = Options(name, batch, precision, "pageable", recorded=False, benchmark=False)
        label = variants(batch)[name].label
        if batch == 64 and precision == "bf16" and name != "dfc":
            bench.speed(f"{label}, {batch}, {precision}: plain", before)
        bench.speed(f"{label}, {batch}, {precision}: recorded, resident", Options(name, batch, precision), before)


def fixed_costs(bench: Bench) -> None:
    """Rows: what noise costs on the host."""
    from pipeline.training.randomness import noise

    def of_noise(images: int) -> Callable[[], dict[str, Any]]:
        def measure() -> dict[str, Any]:
            began = time.perf_counter()
            for step in range(20):
                noise(0, step, images, 100)
            return {"ms": 50 * (time.perf_counter() - began), "note": "on the host; a thread draws it ahead"}
        return measure

    for images in (64, 4096, 32768):
        bench.table.add(f"noise of {images:,} images", of_noise(images))


def whole_epoch(bench: Bench, epochs: int = 1) -> None:
    """Row: the loop itself on the whole training split, with validation and checkpoints."""
    for precision, recorded, seconds in (("bf16", True, 10), ("tf32", True, 10), ("bf16", True, 0)):
        def measure(precision: str = precision, recorded: bool = recorded, seconds: float = seconds) -> dict[str, Any]:
            base = variants(64)["dfc"]
            variant = base.model_copy(update={"train": base.train.model_copy(
                update={"epochs": epochs, "precision": precision})})
            objective = build_objective(variant, bench.setting.network).to(bench.setting.device)
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                history = train(variant, objective, bench.setting.pixels, bench.setting.pixels[:4096],
                                Folder.of(folder), 100, progress=False, checkpoint_seconds=seconds, cuda_graph=recorded)
                whole = time.perf_counter() - began
            images = len(bench.setting.pixels)
            rate = images * epochs / whole
            return {"images_per_second": rate, "ms": 64000 / rate,
                    "note": f"{whole:.1f} s for {images:,} images, steps {history.epochs[-1]['seconds']:.1f} s; "
                            f"five epochs of 162,770 take {5 * 162770 / rate:.0f} s"}

        bench.table.add(f"VAE-123, 64, {precision}: an epoch of the loop, checkpoints "
                        + (f"every {seconds} s" if seconds else "every 100 steps"), measure)


def kernels(bench: Bench) -> None:
    """Print which kernels take the time of a step."""
    for batch, precision in ((64, "bf16"), (1024, "bf16"), (64, "tf32")):
        def measure(batch: int = batch, precision: str = precision) -> dict[str, Any]:
            from torch.autograd import DeviceType
            from torch.profiler import ProfilerActivity, profile

            with trial(Options(batch=batch, precision=precision, recorded=False), bench.setting) as step:
                for _ in range(5):
                    step.step()
                bench.setting.wait()
                with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
                    for _ in range(4):
                        step.step()
                    bench.setting.wait()
            times: dict[str, list[float]] = {}
            for event in profiler.events():
                if event.device_type == DeviceType.CUDA and not event.name.startswith("Optimizer"):
                    entry = times.setdefault(event.name, [0.0, 0])
                    entry[0] += event.time_range.elapsed_us() / 4
                    entry[1] += 1 / 4
            total = sum(entry[0] for entry in times.values())
            count = sum(entry[1] for entry in times.values())
            for name, (microseconds, calls) in sorted(times.items(), key=lambda item: -item[1][0])[:28]:
                print(f"      {microseconds:9.0f} us {calls:6.1f} × {name[:150]}", flush=True)
            return {"ms": total / 1000, "note": f"{count:.0f} kernels and copies in a step, by the profiler"}

        bench.table.add(f"VAE-123, {batch}, {precision}: time of all kernels", measure)
