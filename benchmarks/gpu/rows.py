"""The rows: each measures one choice, and checks that it computes what the plain step computes."""

import tempfile
import time
from dataclasses import replace
from typing import Any

import torch

from benchmarks.gpu.forms import FORMS
from benchmarks.gpu.table import Table
from benchmarks.gpu.trial import Options, Setting, trial
from benchmarks.measuring import count_operations, matrix_rate
from benchmarks.training import NAMES, variants
from pipeline.config.running import Cluster
from pipeline.files.folder import Folder
from pipeline.losses.build import build_objective
from pipeline.training.loop import train
from pipeline.training.validation import VALIDATION_IMAGES

STEPS = 20  # of the checks
PLAIN = Options(images="pageable", recorded=False, benchmark=False, forms=tuple(FORMS))  # without any of the choices


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
        """Return the operations of a variant's step, per image."""
        if name not in self.operations:
            with trial(Options(name, 8, "fp32", "pageable", recorded=False), self.setting) as step:
                self.operations[name] = count_operations(step.step) / 8
        return self.operations[name]

    def speed(self, name: str, options: Options, against: Options | None = None) -> None:
        """Add the row of a step's speed."""
        def measure() -> dict[str, Any]:
            with trial(options, self.setting) as step:
                rate = step.images_per_second(self.seconds)
                first = step.first_seconds
                peak = torch.cuda.max_memory_allocated() / 2**30 if self.setting.device.type == "cuda" else None
            self.speeds[options] = rate
            row = {"images_per_second": rate, "ms": 1000 * options.batch / rate, "gib": peak, "first_seconds": first,
                   "note": f"first steps {first:.1f} s",
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
    """Rows: what each choice brings to VAE-123 at the paper's batch."""
    ways: list[tuple[str, dict[str, Any]]] = [
        ("plain", vars(PLAIN)),
        ("+ other forms of operations", vars(PLAIN) | {"forms": ()}),
        ("+ images resident", {"recorded": False, "benchmark": False}),
        ("+ recorded", {"benchmark": False}),
        ("+ cuDNN tries kernels: as it is", {}),
        ("as it is, but images prefetched", {"images": "prefetched"}),
        ("as it is, deterministic", {"deterministic": True}),
        ("deterministic, not recorded", {"deterministic": True, "recorded": False})]
    for precision, shown in (("bf16", ways), ("tf32", [ways[0], *ways[3:5]]), ("fp32", [ways[0], ways[4]])):
        plain = replace(PLAIN, precision=precision)
        for name, changes in shown:
            bench.speed(f"VAE-123, 64, {precision}: {name}", replace(Options(**changes), precision=precision), plain)
    for benchmark in (False, True):
        bench.speed(f"VAE-123, 1024, bf16: as it is{'' if benchmark else ', cuDNN tries no kernels'}",
                    Options(batch=1024, benchmark=benchmark))


def choices_compute_the_same(bench: Bench) -> None:
    """Rows: each choice against the plain step."""
    exact = Options(images="pageable", recorded=False, deterministic=True)
    bench.check("deterministic, twice", exact, exact, again=True)
    for name, other in (("resident", replace(exact, images="resident")),
                        ("prefetched", replace(exact, images="prefetched")),
                        ("recorded, resident", Options(deterministic=True)),
                        ("recorded, prefetched", Options(images="prefetched", deterministic=True))):
        bench.check(f"deterministic: {name} against plain", other, exact)
    plain = replace(PLAIN, precision="fp32")
    bench.check("fp32: plain, twice", plain, plain, again=True)
    for precision in ("fp32", "tf32", "bf16"):
        bench.check(f"{precision}, recorded, resident against fp32 plain", Options(precision=precision), plain)
    for form in list(FORMS)[:-1]:  # not bf16's
        bench.check(f"fp32, {form}, against fp32 plain", Options(precision="fp32", forms=(form,)), plain)
    for name in ("vae_wgan", "dcgan"):
        bench.check(f"{name}, deterministic: recorded against plain",
                    Options(name, deterministic=True),
                    Options(name, images="pageable", recorded=False, deterministic=True))


def forms_of_operations(bench: Bench) -> None:
    """Rows: the step with another form of a single operation."""
    for batch in (64, 1024):
        base = Options(batch=batch)
        bench.speed(f"VAE-123, {batch}, bf16: as it is", base)
        for form in FORMS:
            bench.speed(f"{batch}, {form}", Options(batch=batch, forms=(form,)), base)


def all_variants(bench: Bench) -> None:
    """Rows: every variant, at batches from the paper's on."""
    for name in NAMES:
        for batch, precision in ((64, "bf16"), (64, "tf32"), (256, "bf16"), (1024, "bf16"), (1024, "tf32")):
            before = replace(PLAIN, variant=name)
            label = f"{variants(batch)[name].label}, {batch}, {precision}"
            if batch == 64 and precision == "bf16":
                bench.speed(f"{label}: plain", before)
            bench.speed(f"{label}: as it is", Options(name, batch, precision), before if batch == 64 else None)


def whole_training(bench: Bench) -> None:
    """Row: the loop itself, VAE-123 with all its epochs and the defaults, with validation and checkpoints."""
    def measure() -> dict[str, Any]:
        variant = variants(64)["dfc"]
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            objective = build_objective(variant, bench.setting.network).to(bench.setting.device)
            history = train(variant, objective, bench.setting.pixels, bench.setting.pixels[:VALIDATION_IMAGES],
                            Folder.of(folder), progress=False, checkpoint_seconds=Cluster.model_fields[
                                "checkpoint_seconds"].default)
            whole = time.perf_counter() - began
        rate = len(history.steps) * 64 / whole
        return {"images_per_second": rate, "ms": 64000 / rate, "seconds": whole, "epochs": history.epochs,
                "note": f"{whole:.1f} s in {history.trained['precision']}, steps of the epochs "
                        + ", ".join(f"{row['seconds']:.1f}" for row in history.epochs)
                        + f" s; loss {history.steps[0]['loss']:.5g} → {history.steps[-1]['loss']:.5g}"}

    recipe = variants(64)["dfc"].train
    bench.table.add(f"VAE-123, 64: {recipe.epochs} epochs of {len(bench.setting.pixels):,} by the loop", measure)


def kernels(bench: Bench) -> None:
    """Print which kernels take the time of a step."""
    for batch, precision in ((64, "bf16"), (1024, "bf16")):
        def measure(batch: int = batch, precision: str = precision) -> dict[str, Any]:
            from torch._C._autograd import DeviceType
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
            for name, (microseconds, calls) in sorted(times.items(), key=lambda item: -item[1][0])[:16]:
                print(f"      {microseconds:9.0f} us {calls:6.1f} × {name[:110]}", flush=True)
            return {"ms": total / 1000, "note": f"{count:.0f} kernels and copies in a step, by the profiler"}

        bench.table.add(f"VAE-123, {batch}, {precision}: time of all kernels", measure)
