"""Short trainings of VAE-123 on drawn faces, on a GPU and on the CPU: do they agree, repeat and go on?

Run as: python -m benchmarks.gpu.trainings [--steps 120]
"""

import argparse
import contextlib
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import faces
from benchmarks.gpu.table import Table
from benchmarks.training import variants
from pipeline.config.variant import Variant
from pipeline.files.folder import Folder
from pipeline.losses.build import build_objective
from pipeline.training import gpu_batches
from pipeline.training.history import History
from pipeline.training.loop import train

BATCH, FACES = 16, 320
Outcome = tuple[History, dict[str, torch.Tensor]]


class Stopped(Exception):
    """The training is interrupted here."""


class Trainings:
    """Trains on drawn faces, in a temporary folder."""

    def __init__(self, folder: Path, steps: int, device: str):
        self.folder, self.pixels, self.gpu = folder, faces.draw(FACES).pixels, device
        self.epochs = max(1, steps // (FACES // BATCH))
        self.network = folder / "loss_network.safetensors"
        faces.write_random_network(self.network)
        self.outcomes: dict[str, Outcome] = {}

    def variant(self, **recipe: Any) -> Variant:
        """Return VAE-123 with a recipe."""
        base = variants(BATCH)["dfc"]
        return base.model_copy(update={"train": base.train.model_copy(update={"epochs": self.epochs, **recipe})})

    def train(self, name: str, device: str, stop_at: int = 0, folder: str = "", **recipe: Any) -> Outcome:
        """Train, and remember the outcome by its name."""
        def on_steps(rows: list[dict[str, float]]) -> None:
            if stop_at and rows[-1]["step"] >= stop_at:
                raise Stopped

        objective = build_objective(self.variant(**recipe), self.network).to(device)
        history = train(self.variant(**recipe), objective, self.pixels, self.pixels[:64],
                        Folder.of(self.folder / (folder or name)), 30, on_steps=on_steps)
        self.outcomes[name] = history, {key: value.cpu() for key, value in objective.model.state_dict().items()}
        return self.outcomes[name]

    def timed(self, name: str, device: str, **recipe: Any) -> dict[str, Any]:
        """Return a row about a training."""
        began = time.perf_counter()
        history, _ = self.train(name, device, **recipe)
        losses = [row["loss"] for row in history.steps]
        return {"note": f"{len(losses)} steps in {time.perf_counter() - began:.1f} s, loss {losses[0]:.5g} → "
                        f"{losses[-1]:.5g}, validation {history.epochs[-1]['valid_loss']:.6g}; {history.trained}"}

    def difference(self, one: str, other: str) -> dict[str, Any]:
        """Return a row about two outcomes: the relative difference of their losses, or that all is equal."""
        (first, weights), (second, others) = self.outcomes[one], self.outcomes[other]
        losses = np.array([[row["loss"] for row in history.steps] for history in (first, second)])
        relative = np.abs(losses[0] - losses[1]) / np.abs(losses[0])
        equal = all(torch.equal(weights[name], others[name]) for name in weights) and first.steps == second.steps
        return {"equal": equal, "note": "equal bit by bit" if equal else
                f"losses differ by {relative[:10].max():.1e} in 10 steps, {relative.max():.1e} in all, "
                f"{relative[-10:].mean():.1e} in the last 10"}

    def interrupted(self, name: str, device: str, **recipe: Any) -> dict[str, Any]:
        """Interrupt a training, and let it go on."""
        with contextlib.suppress(Stopped):
            self.train(name, device, stop_at=50, **recipe)
        self.train(name, device, **recipe)
        return {"note": "interrupted after 50 steps"}

    def on_small_gpu(self, name: str, device: str, **recipe: Any) -> dict[str, Any]:
        """Train as on a GPU that is too small for the images."""
        share, gpu_batches.SHARE = gpu_batches.SHARE, 0.0
        try:
            return self.timed(name, device, **recipe)
        finally:
            gpu_batches.SHARE = share


def main() -> None:
    """Train, compare and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.trainings", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    gpu, table = options.device, Table(options.json, 600)
    with tempfile.TemporaryDirectory() as folder:
        runs = Trainings(Path(folder), options.steps, gpu)
        exact = {"precision": "fp32", "deterministic": True}
        for name, recipe in (("bf16", {"precision": "bf16"}), ("fp32", {"precision": "fp32"}),
                             ("tf32", {"precision": "tf32"}), ("exact", exact), ("exact again", exact),
                             ("bf16 exact", {"precision": "bf16", "deterministic": True})):
            table.add(f"GPU {name}", lambda name=name, recipe=recipe: runs.timed(name, gpu, **recipe))  # type: ignore
        table.add("GPU exact, twice", lambda: runs.difference("exact", "exact again"))
        table.add("GPU exact, small GPU", lambda: runs.on_small_gpu("small", gpu, **exact))
        table.add("GPU exact, images on the GPU or not", lambda: runs.difference("exact", "small"))
        table.add("GPU exact, interrupted", lambda: runs.interrupted("resumed", gpu, **exact))
        table.add("GPU exact, interrupted or not", lambda: runs.difference("exact", "resumed"))
        table.add("CPU fp32", lambda: runs.timed("cpu", "cpu", precision="fp32"))
        for name in ("exact", "fp32", "tf32", "bf16"):
            table.add(f"CPU fp32 and GPU {name}", lambda name=name: runs.difference("cpu", name))  # type: ignore


if __name__ == "__main__":
    main()
